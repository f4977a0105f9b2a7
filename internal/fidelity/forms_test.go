package fidelity

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// forms are those in which servers show an object or a list beside its own: a
// media type, and which part of each object the rows of a table have.
var forms = []struct{ accept, include string }{
	{accept: table},
	{accept: table, include: "None"},
	{accept: table, include: "Object"},
	{accept: strings.Replace(table, "v=v1", "v=v1beta1", 1)},
	{accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"},
	{accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"},
	{accept: "application/yaml"},
	{accept: "application/json"},
}

const table = "application/json;as=Table;v=v1;g=meta.k8s.io"

// TestForms compares how the servers show objects of every kind, alone, in
// lists, while they change and when they go, in every form.
func TestForms(t *testing.T) {
	s := startServers(t, "forms/", "AlwaysAllow")
	s.surroundings(t)
	for _, file := range readObjectFiles(t, "testdata/objects") {
		for i, o := range file.Objects {
			t.Run(file.Name+o.Path(), func(t *testing.T) { s.compareForms(t, "forms/"+file.Name+": ", o, readsOf(o, i == 0)) })
		}
	}
}

// compareForms makes an object and asks for it in every way, several at a time.
func (s servers) compareForms(t *testing.T, prefix string, o Object, requests []Request) {
	s.create(t, o)
	defer s.remove(t, o)
	s.await(t, o.Path())
	differences := make([]string, len(requests))
	var group sync.WaitGroup
	for i, r := range requests {
		group.Go(func() { differences[i] = s.difference(t, r, r) })
	}
	group.Wait()
	s.report(t, differences, func(i int) string {
		return fmt.Sprintf("%s%s %s %s", prefix, requests[i].Method, requests[i].Path, strings.Join(requests[i].Header, " "))
	})
}

// parts are subresources that can be read.
var parts = []string{"status", "scale", "approval", "ephemeralcontainers", "resize"}

// readsOf are the requests that are answered with an object, in every form.
// What is the same for another of the kind may be left out: watches, which take
// their time, and the object's parts.
func readsOf(o Object, all bool) []Request {
	selector := "fieldSelector=" + url.QueryEscape("metadata.name="+o.Name())
	var requests []Request
	for _, f := range forms {
		ask := func(method, path string) {
			requests = append(requests, Request{
				Method: method, Path: path + "&includeObject=" + f.include, Header: []string{"Accept: " + f.accept},
			})
		}
		ask(http.MethodGet, o.Path()+"?")
		ask(http.MethodGet, o.Collection+"?"+selector)
		ask(http.MethodDelete, o.Path()+"?dryRun=All")
		ask(http.MethodDelete, o.Collection+"?dryRun=All&"+selector)
		if !all {
			continue
		}
		for _, part := range parts {
			ask(http.MethodGet, o.Path()+"/"+part+"?")
		}
		ask(http.MethodGet, o.Collection+"?watch=true&timeoutSeconds=1&"+selector)
	}
	return requests
}
