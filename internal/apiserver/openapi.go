package apiserver

import (
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
}

// of returns the documents of kinds.
func (d *documentCache) of(kinds *resources.Set) *documents {
	if kinds == resources.Builtin() {
		return builtinDocuments()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kinds != kinds {
		d.kinds, d.documents = kinds, newDocuments(kinds, builtinDocuments())
	}
	return d.documents
}

// openAPIv2 answers /openapi/v2.
func (c *call) openAPIv2() error {
	document, err := c.documents.of(c.kinds).v2()
	if err != nil {
		return err
	}
	return c.serveDocument(document, openapi.ProtobufV2Requested, openapi.ProtobufV2)
}

// openAPIv3Index answers /openapi/v3.
func (c *call) openAPIv3Index() error {
	index, err := openapi.Index(c.documents.of(c.kinds).hashes)
	if err != nil {
		return err
	}
	c.w.Header().Set("Etag", `"`+openapi.Hash(index)+`"`)
	c.writeBody(jsonType, http.StatusOK, index)
	return nil
}

// openAPIv3 answers /openapi/v3/api/v1, /openapi/v3/apis/GROUP/VERSION and the
// like. What
// is asked for by its hash never changes; a hash of the past is sent on to the
// document of today.
func (c *call) openAPIv3() error {
	lazy, ok := c.documents.of(c.kinds).v3[strings.TrimPrefix(c.r.URL.Path, "/openapi/v3/")]
	if !ok {
		c.w.WriteHeader(http.StatusNotFound)
		return nil
	}
	document, err := lazy()
	if err != nil {
		return err
	}
	if hash := c.query.Get("hash"); hash == document.hash {
		c.w.Header().Set("Cache-Control", "public, immutable")
		c.w.Header().Set("Expires", c.now.AddDate(1, 0, 0).UTC().Format(http.TimeFormat))
	} else if hash != "" {
		http.Redirect(c.w, c.r, c.r.URL.Path+"?hash="+document.hash, http.StatusMovedPermanently)
		return nil
	}
	return c.serveDocument(document, openapi.ProtobufV3Requested, openapi.ProtobufV3)
}

// serveDocument answers with a document as JSON, or as protobuf, which clients
// ask for by one of two names.
func (c *call) serveDocument(d *document, protobuf ...string) error {
	h := c.w.Header()
	h.Set("Etag", `"`+d.hash+`"`)
	h.Set("Vary", "Accept")
	h.Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
	if strings.Contains(c.r.Header.Get("If-None-Match"), d.hash) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	for _, clause := range goautoneg.ParseAccept(c.r.Header.Get("Accept")) {
		switch asked := clause.Type + "/" + clause.SubType; {
		case asked == protobuf[0], asked == protobuf[1]:
			body, err := d.protobuf()
			if err != nil {
				return err
			}
			c.writeBody(protobuf[1], http.StatusOK, body)
			return nil
		case accepts(clause, jsonType):
			c.writeBody(jsonType, http.StatusOK, d.json)
			return nil
		}
	}
	if c.r.Header.Get("Accept") == "" {
		c.writeBody(jsonType, http.StatusOK, d.json)
		return nil
	}
	c.w.WriteHeader(http.StatusNotAcceptable)
	return nil
}
