package resource

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// stream is a source of documents, each of which is an object or a list.
type stream struct {
	builder *Builder
	name    string
	open    func() (io.ReadCloser, error)
}

// Visit visits the objects of the documents.
func (s *stream) Visit(visitor VisitorFunc) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	defer in.Close()
	documents := yaml.NewYAMLOrJSONDecoder(in, 4096)
	for {
		document, err := next(documents)
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("error parsing %s: %v", s.name, err)
		case len(document) == 0 || string(document) == "null":
			continue
		}
		if err := s.validate(document); err != nil {
			return err
		}
		if err := visitor(s.builder.recognize(document, s.name)); err != nil {
			return err
		}
	}
}

func next(documents *yaml.YAMLOrJSONDecoder) ([]byte, error) {
	document := runtime.RawExtension{}
	err := documents.Decode(&document)
	return bytes.TrimSpace(document.Raw), err
}

func (s *stream) validate(document []byte) error {
	if s.builder.validator == nil {
		return nil
	}
	if err := s.builder.validator.ValidateBytes(document); err != nil {
		return fmt.Errorf("error validating %q: error validating data: %v; "+
			"if you choose to ignore these errors, turn validation off with --validate=false", s.name, err)
	}
	return nil
}

// asText reads UTF-8, or UTF-16 if a byte order mark says so.
func asText(in io.Reader) io.Reader {
	return transform.NewReader(in, unicode.BOMOverride(unicode.UTF8.NewDecoder()))
}

func (b *Builder) openStdin() (io.ReadCloser, error) {
	return io.NopCloser(asText(b.needs.In)), nil
}

// file is an open file, read as text.
type file struct {
	io.Reader
	io.Closer
}

func (b *Builder) opener(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		opened, err := os.Open(b.dir.path(path))
		if err != nil {
			return nil, naming(err, path)
		}
		return file{asText(opened), opened}, nil
	}
}

func (b *Builder) openKustomization(dir string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		built, err := b.needs.Kustomize(dir)
		return io.NopCloser(bytes.NewReader(built)), err
	}
}

// How often and how fast a URL is tried, if the server has a problem.
const (
	fetches    = 3
	fetchPause = time.Second
)

// fetcher opens a URL.
func fetcher(url string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return fetch(url, http.Get, time.Sleep) }
}

func fetch(url string, get func(string) (*http.Response, error), sleep func(time.Duration)) (io.ReadCloser, error) {
	var failed error
	for try := range fetches {
		if try > 0 {
			sleep(fetchPause)
		}
		answer, err := get(url)
		if err != nil {
			failed = err
			continue
		}
		if answer.StatusCode == http.StatusOK {
			return answer.Body, nil
		}
		answer.Body.Close()
		failed = fmt.Errorf("unable to read URL %q, server reported %s, status code=%d", url, answer.Status, answer.StatusCode)
		if answer.StatusCode < 500 || answer.StatusCode > 599 {
			break
		}
	}
	return nil, failed
}
