package fidelity

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"

	"github.com/kubejig/kubejig/fakecluster"
)

// Server is one of those compared, as one of its users sees it.
type Server struct {
	URL string
	// Token says who asks; empty: the client itself does.
	Token  string
	Client *http.Client
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
	// Headers are those that clients heed, a line each.
	Headers []string
	Body    []byte
}

// heeded are the headers of answers that are compared.
var heeded = []string{"Content-Type", "Warning", "Allow", "Location", "Retry-After"}

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
	answer := Answer{Code: response.StatusCode, Body: body}
	for _, name := range heeded {
		for _, value := range response.Header.Values(name) {
			answer.Headers = append(answer.Headers, name+": "+value)
		}
	}
	return answer
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
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 8},
	}
}
