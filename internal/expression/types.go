package expression

import (
	celgo "github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apiserver/pkg/cel"
)

// member is a field of a declared type.
type member struct {
	name     string
	kind     *cel.DeclType
	required bool
}

func objectType(name string, members ...member) *cel.DeclType {
	fields := make(map[string]*cel.DeclField, len(members))
	for _, m := range members {
		fields[m.name] = cel.NewDeclField(m.name, m.kind, m.required, nil, nil)
	}
	return cel.NewObjectType("kubernetes."+name, fields)
}

func listOf(kind *cel.DeclType) *cel.DeclType { return cel.NewListType(kind, -1) }

func mapOf(kind *cel.DeclType) *cel.DeclType { return cel.NewMapType(cel.StringType, kind, -1) }

// requestType is the type of request: what the server says of a request to
// webhooks, too, except for its objects and its UID.
func requestType() *cel.DeclType {
	text := cel.StringType
	kind := objectType("GroupVersionKind", member{"group", text, true}, member{"version", text, true}, member{"kind", text, true})
	resource := objectType("GroupVersionResource", member{"group", text, true}, member{"version", text, true}, member{"resource", text, true})
	user := objectType("UserInfo",
		member{"username", text, false}, member{"uid", text, false},
		member{"groups", listOf(text), false}, member{"extra", mapOf(listOf(text)), false})
	return objectType("AdmissionRequest",
		member{"kind", kind, true}, member{"resource", resource, true}, member{"subResource", text, false},
		member{"requestKind", kind, true}, member{"requestResource", resource, true}, member{"requestSubResource", text, false},
		member{"name", text, true}, member{"namespace", text, false}, member{"operation", text, true},
		member{"userInfo", user, true}, member{"dryRun", cel.BoolType, false}, member{"options", cel.DynType, false})
}

// namespaceType is the type of namespaceObject. Expressions can't name all
// that the metadata of a Namespace has.
func namespaceType() *cel.DeclType {
	text := cel.StringType
	metadata := objectType("NamespaceMetadata",
		member{"name", text, true}, member{"generateName", text, true}, member{"namespace", text, true},
		member{"labels", mapOf(text), true}, member{"annotations", mapOf(text), true}, member{"UID", text, true},
		member{"creationTimestamp", cel.TimestampType, true}, member{"deletionTimestamp", cel.TimestampType, true},
		member{"deletionGracePeriodSeconds", cel.IntType, true}, member{"generation", cel.IntType, true},
		member{"resourceVersion", text, true}, member{"finalizers", listOf(text), true})
	condition := objectType("NamespaceCondition",
		member{"status", text, true}, member{"type", text, true}, member{"lastTransitionTime", cel.TimestampType, true},
		member{"message", text, true}, member{"reason", text, true})
	return objectType("Namespace",
		member{"metadata", metadata, true},
		member{"spec", objectType("NamespaceSpec", member{"finalizers", listOf(text), true}), true},
		member{"status", objectType("NamespaceStatus", member{"conditions", listOf(condition), true}, member{"phase", text, true}), true})
}

// scalars are the types of CEL that have one of their own as a declaration.
var scalars = map[*celgo.Type]*cel.DeclType{
	celgo.AnyType: cel.AnyType, celgo.BoolType: cel.BoolType, celgo.BytesType: cel.BytesType,
	celgo.DoubleType: cel.DoubleType, celgo.DurationType: cel.DurationType, celgo.IntType: cel.IntType,
	celgo.NullType: cel.NullType, celgo.StringType: cel.StringType, celgo.TimestampType: cel.TimestampType,
	celgo.UintType: cel.UintType,
}

// declTypeOf is the declaration of a variable whose expression has some type;
// nil if it has none.
func declTypeOf(t *celgo.Type) *cel.DeclType {
	if t == nil {
		return cel.DynType
	}
	if scalar := scalars[t]; scalar != nil {
		return scalar
	}
	if t.HasTrait(traits.ContainerType) && t.HasTrait(traits.IndexerType) {
		switch of := t.Parameters(); len(of) {
		case 1:
			return cel.NewListType(declTypeOf(of[0]), -1)
		case 2:
			return cel.NewMapType(declTypeOf(of[0]), declTypeOf(of[1]), -1)
		}
	}
	return cel.DynType
}
