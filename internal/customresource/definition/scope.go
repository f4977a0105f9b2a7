package definition

import (
	"errors"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// scope is what the rules of a node are about: the node's type, and how often
// it can be there. A nil scope has only nil ones below it.
type scope struct {
	parent *scope
	schema schema
	// fromParent finds the node's types in those of its parent; nil if they are
	// not there.
	fromParent func(*types) *types
	// ruled is true if there are rules here or further out.
	ruled bool
	// most is how often the node can be in an object; nil if there is no limit.
	most *uint64
	bill *bill // of the whole schema

	found *types
	err   error
}

// types are a schema in the forms that rules are compiled with.
type types struct {
	schema   *structuralschema.Structural
	declared *apiservercel.DeclType
}

func rootScope(root schema) *scope {
	once := uint64(1)
	return &scope{schema: root, ruled: len(root.XValidations) > 0, most: &once, bill: &bill{}}
}

func (s *scope) property(name string, child schema) *scope {
	return s.child(child, func(of *types) *types {
		property, known := of.schema.Properties[name]
		escaped, ok := apiservercel.Escape(name)
		if !known || !ok || of.declared.Fields[escaped] == nil {
			return nil
		}
		return &types{&property, of.declared.Fields[escaped].Type}
	})
}

func (s *scope) items(child schema) *scope {
	return s.child(child, func(of *types) *types {
		if of.schema.Items == nil {
			return nil
		}
		return &types{of.schema.Items, of.declared.ElemType}
	})
}

// values is the scope of the values of a map.
func (s *scope) values(child schema) *scope {
	return s.child(child, func(of *types) *types {
		if of.schema.AdditionalProperties == nil {
			return nil
		}
		return &types{of.schema.AdditionalProperties.Structural, of.declared.ElemType}
	})
}

func (s *scope) child(child schema, fromParent func(*types) *types) *scope {
	if s == nil || child == nil {
		return nil
	}
	below := &scope{parent: s, schema: child, fromParent: fromParent, bill: s.bill}
	below.ruled = s.ruled || len(child.XValidations) > 0
	if each := maxElements(s.schema); s.most != nil && each != nil {
		product := multiply(*s.most, *each)
		below.most = &product
	}
	return below
}

// types finds the types of a node within rules. To take them from the parent
// is cheap, to make them is not.
func (s *scope) types() (*types, error) {
	if s.found != nil || s.err != nil {
		return s.found, s.err
	}
	if s.parent != nil && s.parent.ruled {
		known, err := s.parent.types()
		if err != nil {
			s.err = err
			return nil, err
		}
		s.found = s.fromParent(known)
	}
	if s.found == nil {
		s.found, s.err = typesOf(s.schema, s.parent == nil || s.schema.XEmbeddedResource)
	}
	return s.found, s.err
}

func typesOf(s schema, isResource bool) (*types, error) {
	form, err := structuralschema.NewStructural(s)
	if err != nil {
		return nil, err
	}
	declared := model.SchemaDeclType(form, isResource)
	if declared == nil {
		return nil, errors.New("unable to convert structural schema to CEL declarations")
	}
	return &types{form, declared}, nil
}

// maxElements is how often a value at most has what is in it; nil if there is
// no limit.
func maxElements(s *apiextensions.JSONSchemaProps) *uint64 {
	limit := new(int64)
	*limit = 1
	switch {
	case s.Type == "array":
		limit = s.MaxItems
	case s.Type == "object" && s.AdditionalProperties != nil:
		limit = s.MaxProperties
	}
	if limit == nil {
		return nil
	}
	elements := uint64(max(*limit, 0))
	return &elements
}

// ruleCost is what a rule may cost in one object.
func (s *scope) ruleCost(compiled *cel.CompilationResult) uint64 {
	if s.most != nil {
		return multiply(compiled.MaxCost, *s.most)
	}
	return multiply(compiled.MaxCost, compiled.MaxCardinality)
}
