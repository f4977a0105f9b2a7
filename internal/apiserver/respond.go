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
	if size > gzipFrom && strings.Contains(c.r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		c.w.WriteHeader(code)
		c.compress(body)
		return
	}
	h.Set("Content-Length", strconv.Itoa(size))
	c.w.WriteHeader(code)
	for _, part := range body {
		_, _ = c.w.Write(part)
	}
}

// compress sends a body compressed. A writer is half a megabyte of tables, so
// they are used again.
func (c *call) compress(body [][]byte) {
	z, ok := c.compressors.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)
	}
	z.Reset(c.w)
	for _, part := range body {
		_, _ = z.Write(part)
	}
	_ = z.Close()
	c.compressors.Put(z)
}
