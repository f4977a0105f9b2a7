package apiserver

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/munnerz/goautoneg"

	"github.com/kubejig/kubejig/internal/openapi"
	"github.com/kubejig/kubejig/internal/resources"
)

// documentCache keeps the OpenAPI documents of the kinds that are served.
type documentCache struct {
	mu        sync.Mutex
	kinds     *resources.Set
	documents *documents
	// since is when they were first asked for, in cluster time.
	since time.Time
}

// of returns the documents of kinds, and since when they are what they are.
func (d *documentCache) of(kinds *resources.Set, now time.Time) (*documents, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.kinds == kinds:
		return d.documents, d.since
	case kinds == resources.Builtin():
		d.documents = builtinDocuments()
	default:
		d.documents = newDocuments(kinds, builtinDocuments())
	}
	d.kinds, d.since = kinds, now
	return d.documents, d.since
}

// openAPIv2 answers /openapi/v2.
func (c *call) openAPIv2() error {
	documents, since := c.documents.of(c.kinds, c.now)
	d, err := documents.v2()
	if err != nil {
		return err
	}
	c.w.Header().Add("Vary", "Accept-Encoding")
	body, err := c.represent(d, openapi.ProtobufV2Requested, openapi.ProtobufV2)
	if err != nil || body == nil {
		return err
	}
	to := c.compressing()
	defer to.close()
	http.ServeContent(to, c.r, "", since, bytes.NewReader(body))
	return nil
}

// openAPIv3Index answers /openapi/v3.
func (c *call) openAPIv3Index() error {
	c.metered("openapi/v3", "")
	documents, _ := c.documents.of(c.kinds, c.now)
	index, err := openapi.Index(documents.hashes)
	if err != nil {
		return err
	}
	asked := c.r.Clone(c.r.Context())
	if known, err := http.ParseTime(asked.Header.Get("If-Modified-Since")); err == nil && !known.After(c.now) {
		asked.Header.Del("If-Modified-Since") // The clock may have stood still since.
	}
	http.ServeContent(c.w, asked, "", c.now, bytes.NewReader(index))
	return nil
}

// openAPIv3 answers /openapi/v3/api/v1, /openapi/v3/apis/GROUP/VERSION and the
// like. What is asked for by its hash never changes; a hash of the past is sent
// on to the document of today.
func (c *call) openAPIv3() error {
	c.metered("openapi/v3/", "")
	documents, since := c.documents.of(c.kinds, c.now)
	lazy, ok := documents.v3[strings.TrimPrefix(c.r.URL.Path, "/openapi/v3/")]
	if !ok {
		c.w.WriteHeader(http.StatusNotFound)
		return nil
	}
	d, err := lazy()
	if err != nil {
		return err
	}
	body, err := c.represent(d, openapi.ProtobufV3Requested, openapi.ProtobufV3)
	if err != nil || body == nil {
		return err
	}
	if hash := c.query.Get("hash"); hash == d.hash {
		c.w.Header().Set("Cache-Control", "public, immutable")
		c.w.Header().Set("Expires", c.now.AddDate(1, 0, 0).UTC().Format(time.RFC1123))
	} else if hash != "" {
		http.Redirect(c.w, c.r, c.r.URL.Path+"?hash="+d.hash, http.StatusMovedPermanently)
		return nil
	}
	http.ServeContent(c.w, c.r, "", since, bytes.NewReader(body))
	return nil
}

// represent is a document as JSON, or as protobuf, which clients ask for by one
// of two names. Where they want neither, they have been told so.
func (c *call) represent(d *document, protobuf ...string) (body []byte, err error) {
	h := c.w.Header()
	h.Add("Vary", "Accept")
	accepted := goautoneg.ParseAccept(c.r.Header.Get("Accept"))
	if c.r.Header.Get("Accept") == "" {
		accepted = []goautoneg.Accept{{Type: "*", SubType: "*"}}
	}
	for _, clause := range accepted {
		contentType := jsonType
		switch asked := clause.Type + "/" + clause.SubType; {
		case asked == protobuf[0], asked == protobuf[1]:
			contentType = protobuf[1]
			body, err = d.protobuf()
		case accepts(clause, jsonType):
			body = d.json
		default:
			continue
		}
		h.Set("Content-Type", contentType)
		h.Set("Etag", `"`+d.hash+`"`)
		return body, err
	}
	c.w.WriteHeader(http.StatusNotAcceptable)
	return nil, nil
}
