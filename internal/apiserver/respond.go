package apiserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/store"
)

// gzipFrom is the size in bytes from which answers are compressed.
const gzipFrom = 128 * 1024

// respond writes an object that is no item of the store.
func (c *call) respond(f format, code int, obj runtime.Object, gvk schema.GroupVersionKind) {
	body, err := encode(f, obj, gvk)
	if err != nil {
		http.Error(c.w, fmt.Sprintf("Internal Server Error: %v", err), http.StatusInternalServerError)
		return
	}
	c.writeBody(f.contentType(false), code, body)
}

// answer is respond in the format that the client accepts.
func (c *call) answer(code int, obj runtime.Object, gvk schema.GroupVersionKind) error {
	f, err := c.negotiatePlain()
	if err != nil {
		return err
	}
	c.respond(f, code, obj, gvk)
	return nil
}

// answerItem writes an object of the call's kind in the form that the client
// asked for.
func (c *call) answerItem(f format, code int, item *store.Item) error {
	body, err := c.encodeItem(f, item)
	if err != nil {
		return err
	}
	c.writeBody(f.contentType(false), code, body)
	return nil
}

// writeBody sends a body, given in parts, compressed where that is worth it.
func (c *call) writeBody(contentType string, code int, body ...[]byte) {
	size := 0
	for _, part := range body {
		size += len(part)
	}
	h := c.w.Header()
	h.Set("Content-Type", contentType)
	if size > gzipFrom && c.takesGzip() {
		h.Add("Vary", "Accept-Encoding")
		to := c.compressing()
		defer to.close()
		to.WriteHeader(code)
		for _, part := range body {
			_, _ = to.Write(part)
		}
		return
	}
	h.Set("Content-Length", strconv.Itoa(size))
	c.w.WriteHeader(code)
	for _, part := range body {
		_, _ = c.w.Write(part)
	}
}

func (c *call) takesGzip() bool {
	return strings.Contains(c.r.Header.Get("Accept-Encoding"), "gzip") && c.r.Method != http.MethodHead
}

// compressed is a response whose body is sent compressed, if its client takes
// that. It must be closed.
type compressed struct {
	*response
	call *call
	// writer is nil before the first byte.
	writer *gzip.Writer
}

func (c *call) compressing() *compressed {
	if c.takesGzip() {
		c.w.Header().Set("Content-Encoding", "gzip")
	}
	return &compressed{response: c.w, call: c}
}

// Write implements [io.Writer]. A gzip writer is half a megabyte of tables, so
// they are used again.
func (w *compressed) Write(p []byte) (int, error) {
	if w.Header().Get("Content-Encoding") == "" {
		return w.response.Write(p)
	}
	if w.writer == nil {
		z, ok := w.call.compressors.Get().(*gzip.Writer)
		if !ok {
			z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)
		}
		z.Reset(w.response)
		w.writer = z
	}
	return w.writer.Write(p)
}

func (w *compressed) close() {
	if w.writer != nil {
		_ = w.writer.Close()
		w.call.compressors.Put(w.writer)
	}
}
