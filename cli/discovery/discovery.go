// Package discovery asks a server what it serves: its API groups, their
// versions, and the resources of each. It keeps the answers in memory or, for
// later runs too, in files where kubectl keeps them; and it finds the resources
// that people name in short: by kind, short name or category.
//
// It knows no kind by itself, so it must not import client-go's scheme, which
// knows them all and costs every command a part of its start, nor what imports
// that. It must not import the factory or commands.
package discovery

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/openapi/cached"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/runlog"
)

// Client tells what one server serves. What it returns is not to be changed:
// others may be given the same.
type Client struct {
	server *server
	log    *runlog.Log

	mu      sync.Mutex
	source  source
	schemas openapi.Client // nil until it is asked for
}

// source is where a client's answers come from.
type source interface {
	groups() (*metav1.APIGroupList, error)
	// resources are those of a group version. There can be some beside an error.
	resources(groupVersion string) (*metav1.APIResourceList, error)
	// fresh says that asking again would bring nothing new.
	fresh() bool
	// invalidate forgets all answers so far.
	invalidate()
}

// New is a client that asks the server every time.
func New(config *rest.Config, log *runlog.Log) (*Client, error) {
	server, err := newServer(config)
	if err != nil {
		return nil, err
	}
	return &Client{server: server, log: log, source: server}, nil
}

// timeout is how long an answer may take that others are to come out of, unless
// the configuration says else.
const timeout = 32 * time.Second

// NewInMemory is a client that asks once.
func NewInMemory(config *rest.Config, log *runlog.Log) (*Client, error) {
	if config.Timeout == 0 {
		config = rest.CopyConfig(config)
		config.Timeout = timeout
	}
	client, err := New(config, log)
	if err != nil {
		return nil, err
	}
	client.source = &memory{server: client.server, log: log}
	return client, nil
}

// Files say where answers are kept, and for how long.
type Files struct {
	// Dir is the server's own folder, for groups and resources.
	Dir string
	// HTTP is a folder for whole answers, which the server may be asked to
	// confirm.
	HTTP string
	// TTL is how long groups and resources are believed.
	TTL time.Duration
}

// NewInFiles is a client that asks when the files don't know, or not any more.
func NewInFiles(config *rest.Config, where Files, log *runlog.Log) (*Client, error) {
	config = rest.CopyConfig(config)
	config.Wrap(confirming(where.HTTP))
	client, err := NewInMemory(config, log)
	if err != nil {
		return nil, err
	}
	client.source = newFiles(where, client.source, log)
	return client, nil
}

// Groups are the groups that the server serves.
func (c *Client) Groups() ([]metav1.APIGroup, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, err := c.source.groups()
	if err != nil {
		return nil, err
	}
	return list.Groups, nil
}

// Resources are the resources of a group version, subresources among them.
func (c *Client) Resources(groupVersion string) (*metav1.APIResourceList, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source.resources(groupVersion)
}

// GroupsAndResources are all groups, and the resources of all their versions in
// the same order. Those that the server can not tell are missing; the error is
// then a *MissingError.
func (c *Client) GroupsAndResources() ([]metav1.APIGroup, []*metav1.APIResourceList, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, err := c.source.groups()
	if err != nil {
		return nil, nil, err
	}
	var lists []*metav1.APIResourceList
	missing := map[schema.GroupVersion]error{}
	for _, group := range list.Groups {
		for _, v := range group.Versions {
			groupVersion := schema.GroupVersion{Group: group.Name, Version: v.Version}
			resources, err := c.source.resources(groupVersion.String())
			if err != nil {
				missing[groupVersion] = err
			}
			if resources != nil {
				lists = append(lists, resources)
			}
		}
	}
	if len(missing) > 0 {
		return list.Groups, lists, &MissingError{missing}
	}
	return list.Groups, lists, nil
}

// MissingError tells of group versions whose resources the server could not tell.
type MissingError struct {
	Versions map[schema.GroupVersion]error
}

func (e *MissingError) Error() string {
	var reasons []string
	for version, err := range e.Versions {
		reasons = append(reasons, fmt.Sprintf("%s: %v", version, err))
	}
	slices.Sort(reasons)
	return "unable to retrieve the complete list of server APIs: " + strings.Join(reasons, ", ")
}

// Fresh says that there is no point in asking again after Invalidate: what is
// known is from this run.
func (c *Client) Fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source.fresh()
}

// Invalidate forgets what is known.
func (c *Client) Invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.source.invalidate()
	c.schemas = nil
}

// Version is the server's version.
func (c *Client) Version() (*version.Info, error) { return c.server.version() }

// OpenAPI is the server's schema, group version by group version, each fetched
// once.
func (c *Client) OpenAPI() openapi.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.schemas == nil {
		c.schemas = cached.NewClient(openapi.NewClient(c.server.client))
	}
	return c.schemas
}
