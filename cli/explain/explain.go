// Package explain is "kubectl explain": the documentation of types and their
// fields, from the server's OpenAPI schema.
package explain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/openapi"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubejig/kubejig/cli/factory"
)

const (
	plain   = "plaintext"
	plainV2 = "plaintext-openapiv2"
)

type options struct {
	recursive          bool
	maxDepth           int
	apiVersion, output string
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]",
		DisableFlagsInUseLine: true,
		Short:                 "Get documentation for a resource",
		Long:                  "Describe a type, or a field of one, TYPE.FIELD.FIELD, with the server's words.",
		Example: `  # A type, and a field of it
  kubectl explain deployment
  kubectl explain deployment.spec.strategy

  # All fields, at two levels
  kubectl explain pod --recursive --max-depth=2`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), f, args) },
	}
	set := cmd.Flags()
	set.BoolVarP(&o.recursive, "recursive", "R", false, "Names and types of all fields and those below them, without descriptions.")
	set.StringVar(&o.apiVersion, "api-version", "", "API version of the type, GROUP/VERSION.")
	set.StringVarP(&o.output, "output", "o", plain, "Format: plaintext, or plaintext-openapiv2 from the older schema.")
	set.IntVar(&o.maxDepth, "max-depth", 0, "With --recursive, the number of levels; 0 for all.")
	return cmd
}

func (o *options) validate(f *factory.Factory, args []string) error {
	switch {
	case len(args) == 0:
		return fmt.Errorf("You must specify the type of resource to explain. Use \"%s api-resources\" for a complete list of supported resources.\n", f.Program)
	case len(args) > 1:
		return fmt.Errorf("We accept only this format: explain RESOURCE\n")
	case o.maxDepth > 0 && !o.recursive:
		return fmt.Errorf("--max-depth requires --recursive")
	case o.maxDepth < 0:
		return fmt.Errorf("--max-depth must be non-negative")
	}
	return nil
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	if err := o.validate(f, args); err != nil {
		return err
	}
	resource, path, err := find(mapper, args[0], o.apiVersion == "")
	if err != nil {
		return err
	}
	if o.output == plainV2 {
		return o.runV2(ctx, f, mapper, resource, path)
	}
	client, err := f.OpenAPIV3()
	if err != nil {
		return err
	}
	documents, err := client.Paths()
	if err != nil {
		if o.output == plain {
			return o.runV2(ctx, f, mapper, resource, path)
		}
		return fmt.Errorf("failed to fetch list of groupVersions: %w", err)
	}
	if o.apiVersion != "" {
		version, err := schema.ParseGroupVersion(o.apiVersion)
		if err != nil {
			return err
		}
		resource = version.WithResource(resource.Resource)
	}
	document, err := fetch(documents, resource)
	if err != nil {
		return err
	}
	if o.output != plain {
		return fmt.Errorf("unrecognized format: %s", o.output)
	}
	e := &explainer{w: f.Out, document: document, recursive: o.recursive, maxDepth: o.maxDepth}
	return e.explain(resource, path)
}

// fetch gets the OpenAPI document of a resource's group and version.
func fetch(documents map[string]openapi.GroupVersion, resource schema.GroupVersionResource) (object, error) {
	where := "apis/" + resource.Group + "/" + resource.Version
	if resource.Group == "" {
		where = "api/" + resource.Version
	}
	source, found := documents[where]
	if !found {
		return nil, fmt.Errorf("couldn't find resource for \"%v\"", resource)
	}
	text, err := source.Schema(runtime.ContentTypeJSON)
	if err != nil {
		return nil, fmt.Errorf("failed to fetch openapi schema for %s: %w", where, err)
	}
	document := object{}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("failed to parse openapi schema for %s: %w", where, err)
	}
	return document, nil
}

// find parses TYPE.FIELD.FIELD. If withGroup, the type may have its group,
// whose dots are none of fields.
func find(mapper meta.RESTMapper, typed string, withGroup bool) (schema.GroupVersionResource, []string, error) {
	none := schema.GroupVersionResource{}
	nodes, err := parsePath(typed)
	if err != nil {
		return none, nil, err
	}
	first, ok := nodes[0].(*jsonpath.FieldNode)
	if !ok {
		return none, nil, errFirstNode
	}
	wanted := schema.GroupVersionResource{Resource: first.Value}
	if !withGroup {
		found, err := mapper.ResourceFor(wanted)
		if err != nil {
			return none, nil, err
		}
		path, err := fieldNames(nodes[1:], errAnyNode)
		return found, path, err
	}
	candidates, err := mapper.ResourcesFor(wanted)
	if err != nil || len(candidates) == 0 {
		return none, nil, err
	}
	for _, candidate := range candidates {
		rest, ok := strings.CutPrefix(typed, candidate.GroupResource().String())
		if !ok {
			continue
		}
		if strings.Trim(rest, ".") == "" {
			return candidate, nil, nil
		}
		if nodes, err = parsePath(rest); err != nil {
			return none, nil, err
		}
		path, err := fieldNames(nodes[1:], errFirstNode)
		return candidate, path, err
	}
	if len(candidates) == 0 {
		return none, nil, nil
	}
	path, err := fieldNames(nodes[1:], errFirstNode)
	return candidates[0], path, err
}

// parsePath parses a path by the rules of JSONPath. It has one node at least.
func parsePath(text string) ([]jsonpath.Node, error) {
	parsed, err := jsonpath.Parse("user", "{."+strings.TrimSuffix(text, ".")+"}")
	if err != nil {
		return nil, err
	}
	if len(parsed.Root.Nodes) != 1 {
		return nil, fmt.Errorf("must pass in 1 jsonpath string")
	}
	nodes := parsed.Root.Nodes[0].(*jsonpath.ListNode).Nodes
	if len(nodes) == 0 {
		return nil, errFirstNode
	}
	return nodes, nil
}

// fieldNames are the names of nodes that must all be fields; refusal is the
// error if one is not.
func fieldNames(nodes []jsonpath.Node, refusal error) ([]string, error) {
	var names []string
	for _, node := range nodes {
		field, ok := node.(*jsonpath.FieldNode)
		if !ok {
			return nil, refusal
		}
		names = append(names, field.Value)
	}
	return names, nil
}

// What a path that has other nodes than fields is refused with.
var (
	errFirstNode = errors.New("invalid jsonpath syntax, first node must be field node")
	errAnyNode   = errors.New("invalid jsonpath syntax, all nodes must be field nodes")
)
