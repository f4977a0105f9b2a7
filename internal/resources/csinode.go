package resources

import (
	"fmt"
	"slices"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

// maxCSINodeID is the longest name of a node among a driver's, in bytes.
const maxCSINodeID = 256

func csiNode() *Kind {
	type node = *storagev1.CSINode
	return define(Definition[node]{
		Name: "CSINode", Resource: "csinodes", ClusterScoped: true,
		RevalidatesName:           true,
		ReturnDeleted:             true,
		Version:                   storagev1.SchemeGroupVersion,
		Validate:                  validateCSINode,
		ValidateUpdate:            validateCSINodeUpdate,
		RefuseUnconditionalUpdate: true,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Drivers", "Drivers indicates the number of CSI drivers registered on the node")),
			AgeColumn(),
		},
		Row: func(n node, now time.Time) []any {
			return []any{n.Name, int64(len(n.Spec.Drivers)), Age(n.CreationTimestamp, now)}
		},
	})
}

func validateCSINode(n *storagev1.CSINode) field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for i := range n.Spec.Drivers {
		d, path := &n.Spec.Drivers[i], field.NewPath("spec", "drivers").Index(i)
		errs = append(errs, validateCSINodeDriver(d, path)...)
		if names[d.Name] {
			errs = append(errs, field.Duplicate(path.Child("name"), d.Name))
		}
		names[d.Name] = true
		errs = append(errs, validateTopologyKeys(d.TopologyKeys, path)...)
	}
	return errs
}

func validateCSINodeDriver(d *storagev1.CSINodeDriver, path *field.Path) field.ErrorList {
	errs := podspec.ValidateCSIDriverName(d.Name, path.Child("name"))
	if d.NodeID == "" {
		errs = append(errs, field.Required(path.Child("nodeID"), ""))
	}
	if len(d.NodeID) > maxCSINodeID {
		errs = append(errs, field.Invalid(path.Child("nodeID"), d.NodeID, fmt.Sprintf("must be %d characters or less", maxCSINodeID)))
	}
	if d.Allocatable != nil && d.Allocatable.Count != nil {
		errs = append(errs, apivalidation.ValidateNonnegativeField(int64(*d.Allocatable.Count), path.Child("allocatable", "count"))...)
	}
	return errs
}

func validateTopologyKeys(keys []string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, key := range keys {
		if key == "" {
			errs = append(errs, field.Required(path, ""))
		}
		if slices.Contains(keys[:i], key) {
			errs = append(errs, field.Duplicate(path, key))
		}
		errs = append(errs, validateAs(path, key, validation.IsQualifiedName)...)
	}
	return errs
}

// validateCSINodeUpdate lets drivers come and go, but of a driver that stays
// only the allocatable volumes may change.
func validateCSINodeUpdate(n, old *storagev1.CSINode) field.ErrorList {
	errs := validateCSINode(n)
	for _, before := range old.Spec.Drivers {
		for _, after := range n.Spec.Drivers {
			if before.Name != after.Name {
				continue
			}
			before.Allocatable, after.Allocatable = nil, nil
			if !equality.Semantic.DeepEqual(after, before) {
				errs = append(errs, field.Invalid(field.NewPath("spec", "drivers"), internalform.Of(after), apivalidation.FieldImmutableErrorMsg))
			}
		}
	}
	return errs
}
