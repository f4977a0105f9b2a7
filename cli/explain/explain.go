// Package explain is "kubectl explain": the documentation of types and their
// fields, from the server's OpenAPI schema.
package explain

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
		RunE: func(_ *cobra.Command, args []string) error { return o.run(f, args) },
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

func (o *options) run(f *factory.Factory, args []string) error {
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
		return o.runV2(f, mapper, resource, path)
	}
	client, err := f.OpenAPIV3()
	if err != nil {
		return err
	}
	documents, err := client.Paths()
	if err != nil {
		if o.output == plain {
			return o.runV2(f, mapper, resource, path)
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
	where := "apis/" + resource.Group + "/" + resource.Version
	if resource.Group == "" {
		where = "api/" + resource.Version
	}
	source, found := documents[where]
	if !found {
		return fmt.Errorf("couldn't find resource for \"%v\"", resource)
	}
	text, err := source.Schema(runtime.ContentTypeJSON)
	if err != nil {
		return fmt.Errorf("failed to fetch openapi schema for %s: %w", where, err)
	}
	document := map[string]any{}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("failed to parse openapi schema for %s: %w", where, err)
	}
	if o.output != plain {
		return fmt.Errorf("unrecognized format: %s", o.output)
	}
	e := &explainer{w: f.Out, document: document, recursive: o.recursive, maxDepth: o.maxDepth}
	return e.explain(resource, path)
}

// find parses TYPE.FIELD.FIELD. If withGroup, the type may have its group,
// whose dots are none of fields.
func find(mapper meta.RESTMapper, typed string, withGroup bool) (schema.GroupVersionResource, []string, error) {
	none := schema.GroupVersionResource{}
	nodes, err := parsePath(typed)
	if err != nil {
		return none, nil, err
	}
	first, err := fields(nodes[:1])
	if err != nil {
		return none, nil, err
	}
	wanted := schema.GroupVersionResource{Resource: first[0]}
	if !withGroup {
		found, err := mapper.ResourceFor(wanted)
		if err != nil {
			return none, nil, err
		}
		path, err := fields(nodes[1:])
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
		if rest == "" {
			return candidate, nil, nil
		}
		nodes, err := parsePath(rest) // begins with a dot, which is a node too
		if err != nil {
			return none, nil, err
		}
		path, err := fields(nodes[1:])
		return candidate, path, err
	}
	path, err := fields(nodes[1:])
	return candidates[0], path, err
}

// parsePath splits a path by the rules of JSONPath, into one node or more.
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
		return nil, fmt.Errorf("invalid jsonpath syntax, first node must be field node")
	}
	return nodes, nil
}

// fields are the names of nodes that must be fields.
func fields(nodes []jsonpath.Node) ([]string, error) {
	var names []string
	for _, node := range nodes {
		field, ok := node.(*jsonpath.FieldNode)
		if !ok {
			return nil, fmt.Errorf("invalid jsonpath syntax, first node must be field node")
		}
		names = append(names, field.Value)
	}
	return names, nil
}
