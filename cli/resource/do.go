package resource

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

var errNothingNamed = errors.New(`You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`)

// Do is what was asked for. Nothing is read before the result is visited; what
// comes from a stream can be visited once.
func (b *Builder) Do() *Result {
	result, err := b.find()
	if err != nil {
		return &Result{err: err}
	}
	if b.flatten {
		result.visit = b.flattened(result.visit)
	}
	if b.continueOnError {
		result.visit = result.visit.continuing()
	}
	var steps []VisitorFunc
	if b.defaultNamespace {
		steps = append(steps, defaultNamespace(b.namespace))
	}
	if b.requireNamespace {
		steps = append(steps, RequireNamespace(b.namespace))
	}
	steps = append(steps, dropNamespace)
	if !b.unread {
		steps = append(steps, read)
	}
	result.visit = result.visit.through(steps...)
	return result
}

// find is where the objects come from.
func (b *Builder) find() (*Result, error) {
	switch {
	case len(b.errs) > 0:
		return nil, utilerrors.NewAggregate(b.errs)
	case len(b.files) > 0:
		return b.findInFiles()
	case b.selecting || b.all:
		return b.findSelected()
	case len(b.objects) > 0:
		return b.findObjects()
	case len(b.names) > 0:
		return b.findNames()
	case len(b.types) == 0:
		return nil, errNothingNamed
	}
	for _, name := range b.types {
		if _, err := b.mapping(name); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("resource(s) were provided, but no name was specified")
}

func (b *Builder) findInFiles() (*Result, error) {
	switch {
	case len(b.types) > 0:
		return nil, errors.New("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well")
	case len(b.names) > 0:
		return nil, errors.New("name cannot be provided when a path is specified")
	case len(b.objects) > 0:
		return nil, errors.New("resource/name arguments cannot be provided when a path is specified")
	}
	from := sideBySide(b.files, b.concurrent)
	if b.continueOnError {
		from = eagerly(b.files)
	}
	if b.flatten {
		from = b.flattened(from)
	}
	if b.latest {
		if b.defaultNamespace { // It has to be known where to read from.
			from = from.through(defaultNamespace(b.namespace))
		}
		from = from.through(readLatest)
	}
	if b.selecting || b.all {
		selector, err := labels.Parse(b.labels)
		if err != nil {
			return nil, fmt.Errorf("the provided selector %q is not valid: %v", b.labels, err)
		}
		from = from.matching(selector)
	}
	return &Result{visit: from, sources: b.files, single: !b.several && len(b.files) == 1}, nil
}

func (b *Builder) findSelected() (*Result, error) {
	switch {
	case len(b.names) > 0:
		return nil, errors.New("name cannot be provided when a selector is specified")
	case len(b.objects) > 0:
		return nil, errors.New("selectors and the all flag cannot be used when passing resource/name arguments")
	case len(b.types) == 0:
		return nil, errors.New("at least one resource must be specified to use a selector")
	case b.subresource != "":
		return nil, errors.New("subresource cannot be used when bulk resources are specified")
	}
	mappings, err := b.typeMappings()
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, mapping := range mappings {
		client, err := b.client(mapping.GroupVersionKind.GroupVersion())
		if err != nil {
			return nil, err
		}
		selected := &selection{client: client, mapping: mapping, labels: b.labels, fields: b.fields, pageSize: b.pageSize}
		if isNamespaced(mapping) {
			selected.namespace = b.namespace
		}
		sources = append(sources, selected)
	}
	return &Result{visit: b.visiting(sources), sources: sources}, nil
}

// findObjects finds TYPE/NAME...
func (b *Builder) findObjects() (*Result, error) {
	if len(b.types) > 0 {
		return nil, errors.New("you may not specify individual resources and bulk resources in the same call")
	}
	mappings, err := b.objectMappings()
	if err != nil {
		return nil, err
	}
	clients := map[schema.GroupVersionResource]RESTClient{}
	var sources []source
	for _, object := range b.objects {
		mapping := mappings[object.kind]
		client, ok := clients[mapping.Resource]
		if !ok {
			if client, err = b.client(mapping.GroupVersionKind.GroupVersion()); err != nil {
				return nil, err
			}
			clients[mapping.Resource] = client
		}
		info, err := b.info(client, mapping, object.name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, info)
	}
	return &Result{visit: b.visiting(sources), sources: sources, single: len(b.objects) == 1}, nil
}

// findNames finds TYPE NAME...
func (b *Builder) findNames() (*Result, error) {
	switch {
	case len(b.types) == 0:
		return nil, errors.New("you must provide a resource and a resource name together")
	case len(b.types) > 1:
		return nil, errors.New("you must specify only one resource")
	}
	mappings, err := b.typeMappings()
	if err != nil {
		return nil, err
	}
	client, err := b.client(mappings[0].GroupVersionKind.GroupVersion())
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, name := range b.names {
		info, err := b.info(client, mappings[0], name)
		if err != nil {
			return nil, err
		}
		sources = append(sources, info)
	}
	return &Result{visit: inOrder(sources), sources: sources, single: len(b.names) == 1}, nil
}

// info is an object that is known by its name.
func (b *Builder) info(client RESTClient, mapping *meta.RESTMapping, name string) (*Info, error) {
	namespace, err := b.namespaceOf(mapping)
	if err != nil {
		return nil, err
	}
	return &Info{Client: client, Mapping: mapping, Namespace: namespace, Name: name, Subresource: b.subresource}, nil
}

// visiting visits sources up to an error, or all where errors do not matter.
func (b *Builder) visiting(sources []source) visit {
	if b.continueOnError {
		return eagerly(sources)
	}
	return inOrder(sources)
}
