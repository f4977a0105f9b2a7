package apiserver

import (
	"fmt"
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// otherDryRun answers a request that says of a dry run what its eviction does not.
const otherDryRun = "Non-matching dry-run options in request and content: %v and %v"

// ignoresReadErrors answers an eviction that is to delete even what can't be read.
const ignoresReadErrors = "can not be set for pod eviction, try after removing the option"

// evict deletes a pod if its disruption budget allows it.
func (c *call) evict() error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	eviction := &policyv1.Eviction{}
	if err := c.read(eviction, c.sub.GVK, o, policyv1beta1.SchemeGroupVersion.WithKind("Eviction")); err != nil {
		return err
	}
	if eviction.Namespace != "" && eviction.Namespace != c.namespace {
		return errOtherNamespace
	}
	if eviction.Name != c.name {
		return apierrors.NewBadRequest("name in URL does not match name in Eviction object")
	}
	var options metav1.DeleteOptions
	if eviction.DeleteOptions != nil {
		options = *eviction.DeleteOptions
	}
	if ptr.Deref(options.IgnoreStoreReadErrorWithClusterBreakingPotential, false) {
		return apierrors.NewInvalid(c.sub.GVK.GroupKind(), c.name, field.ErrorList{
			field.Invalid(field.NewPath("deleteOptions", "ignoreStoreReadErrorWithClusterBreakingPotential"), true, ignoresReadErrors),
		})
	}
	if asked := c.query["dryRun"]; len(asked) > 0 && len(options.DryRun) > 0 && !slices.Equal(asked, options.DryRun) {
		return fmt.Errorf(otherDryRun, asked, options.DryRun)
	}
	if errs := metavalidation.ValidateDeleteOptions(&options); len(errs) > 0 {
		return errInvalidOptions("DeleteOptions", errs)
	}
	eviction.Namespace = c.namespace
	c.Do(func() { err = c.Registry.Evict(c.writeRequest(o), eviction, options) })
	if err != nil {
		return err
	}
	return c.succeed()
}
