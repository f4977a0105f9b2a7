package fidelity

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/fakecluster"
)

// Server is one of those compared, as one of its users sees it.
type Server struct {
	URL string
	// Token says who asks; empty: the client itself does.
	Token  string
	Client *http.Client
	// Flows are names of what headers have the UIDs of; nil: they stay.
	Flows map[string]string
}

// Request is what both servers are asked.
type Request struct {
	Method, Path string
	// Header has lines NAME: VALUE beyond those that every request gets.
	Header []string
	// Body is JSON unless Header says otherwise; nil: none.
	Body []byte
}

// Answer is what a server said.
type Answer struct {
	// Code is the HTTP status; 0: there was no answer, and Body says why.
	Code int
	// Headers are a line each, by name.
	Headers []string
	Body    []byte
}

// Named are the headers of some names.
func (a Answer) Named(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(a.Headers), func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return !slices.Contains(names, name)
	})
}

// unheeded are the headers of answers that are not compared: how long a body is
// says less than the body, and only ours tells of its clock.
var unheeded = []string{"Content-Length", "Date", "Kubejig-Clock"}

// Do sends a request. That there is no answer is an Answer, too.
func (s Server) Do(ctx context.Context, r Request) Answer {
	request, err := http.NewRequestWithContext(ctx, r.Method, s.URL+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return Answer{Body: []byte(err.Error())}
	}
	request.Header.Set("User-Agent", "fidelity")
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.Token != "" {
		request.Header.Set("Authorization", "Bearer "+s.Token)
	}
	for _, line := range r.Header {
		name, value, _ := strings.Cut(line, ":")
		request.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	response, err := s.Client.Do(request)
	if err != nil {
		return Answer{Body: []byte(err.Error())}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{Body: []byte(err.Error())}
	}
	if response.Header.Get("Content-Encoding") == "gzip" && len(body) > 0 {
		if body, err = unzip(body); err != nil {
			return Answer{Body: []byte(err.Error())}
		}
	}
	return Answer{Code: response.StatusCode, Headers: s.headers(response.Header), Body: body}
}

func unzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

func (s Server) headers(header http.Header) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if slices.Contains(unheeded, name) {
			continue
		}
		for _, value := range header[name] {
			lines = append(lines, name+": "+cmp.Or(s.Flows[value], value))
		}
	}
	return lines
}

// flows are the names of the flow schemas and priority levels of a server by
// their UIDs, which headers have.
func (s Server) flows(ctx context.Context) (map[string]string, error) {
	names := map[string]string{}
	for _, resource := range []string{"flowschemas", "prioritylevelconfigurations"} {
		answer := s.Do(ctx, Request{Method: http.MethodGet, Path: "/apis/flowcontrol.apiserver.k8s.io/v1/" + resource})
		var list metav1.PartialObjectMetadataList
		if err := json.Unmarshal(answer.Body, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", resource, err)
		}
		for _, item := range list.Items {
			names[string(item.UID)] = item.Name
		}
	}
	return names, nil
}

// Ours is a fake cluster as the administrator of the tokens sees it.
func Ours(cluster *fakecluster.Cluster) (Server, error) {
	listener, err := cluster.Serve(0)
	if err != nil {
		return Server{}, err
	}
	return Server{URL: listener.URL, Token: adminToken, Client: unverified()}, nil
}

// unverified is a client of servers that have just made themselves a certificate.
func unverified() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 8,
			DisableCompression: true, // unless a request asks for it
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
