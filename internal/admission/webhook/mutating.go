package webhook

import (
	"encoding/json"
	"fmt"
	"maps"

	evanphx "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	kjson "sigs.k8s.io/json"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/jsonpatch"
	"github.com/kubejig/kubejig/internal/store"
)

// Mutating is the MutatingAdmissionWebhook admission plugin.
type Mutating struct{ Plugin }

var _ admission.Mutator = Mutating{}

// Name is the plugin's name.
func (Mutating) Name() string { return "MutatingAdmissionWebhook" }

func mutatingHooks(obj store.Object) []hook {
	configuration := obj.(*v1.MutatingWebhookConfiguration)
	return newHooks(configuration.Name, configuration.Webhooks)
}

// notes are kept between the two times that a request is admitted.
type notes struct {
	// asked are the webhooks that want to be asked again if something changes, and
	// again those after which it did.
	asked, again map[string]bool
	// output is the object as it was when all had been asked.
	output store.Object
}

func (n *notes) changed() {
	maps.Copy(n.again, n.asked)
	clear(n.asked)
}

// Admit asks the webhooks that are about the request, one after the other, each
// about what those before it made of the object.
func (p Mutating) Admit(a *admission.Attributes) error {
	all := hooks(p.Client.Registry.Store, policy.Resource("mutatingwebhookconfigurations"), mutatingHooks)
	if len(all) == 0 {
		return nil
	}
	request := policy.NewWebhookRequest(a)
	if request == nil {
		return nil
	}
	n, again := a.Notes[p.Name()].(*notes)
	if !again {
		n = &notes{asked: map[string]bool{}, again: map[string]bool{}}
		a.Note(p.Name(), n)
	} else if a.Reinvoked && !equality.Semantic(n.output, a.Object) {
		n.changed()
	}
	q := &asking{Plugin: p.Plugin, matcher: policy.Matcher{Client: p.Client}, request: request}
	for i := range all {
		if err := q.ask(&all[i], n); err != nil {
			return err
		}
	}
	if a.Object != nil {
		n.output = a.Object.DeepCopyObject().(store.Object)
	}
	return nil
}

// ask asks one webhook.
func (q *asking) ask(h *hook, n *notes) error {
	t, about, err := q.about(h)
	if err != nil || !about || q.request.Reinvoked && !n.again[h.id] {
		return err
	}
	changed, err := q.mutate(h, t)
	if changed {
		n.changed()
		q.request.Reinvoke = true
	}
	if h.reinvoked {
		n.asked[h.id] = true
	}
	return h.verdict(err)
}

// mutate lets a webhook change the object, and reports whether it did.
func (q *asking) mutate(h *hook, t policy.Target) (changed bool, err error) {
	call, err := q.call(h, t)
	if err != nil {
		return false, err
	}
	r, err := q.response(h, call, q.Ask([]Call{call})[0], true)
	if err != nil || len(r.Patch) == 0 {
		return false, err
	}
	patch, err := evanphx.DecodePatch(r.Patch)
	if err != nil {
		return false, h.failed(fmt.Errorf("received undecodable patch in webhook response: %w", err))
	}
	switch {
	case len(patch) == 0:
		return false, nil
	case q.request.Object == nil || q.request.Operation == admission.Connect:
		return false, apierrors.NewInternalError(fmt.Errorf("admission webhook %q attempted to modify the object, which is not supported for this operation", h.name))
	case r.PatchType != nil && *r.PatchType != admissionv1.PatchTypeJSONPatch:
		return false, h.failed(fmt.Errorf("unsupported patch type %q", *r.PatchType))
	}
	if changed, err = q.patch(t, patch); err != nil {
		return false, apierrors.NewInternalError(err)
	}
	return changed, nil
}

// patch changes the object, and reports whether it is another then.
func (q *asking) patch(t policy.Target, patch evanphx.Patch) (bool, error) {
	obj, err := q.request.Written(t)
	if err != nil {
		return false, err
	}
	document, err := json.Marshal(obj)
	if err != nil {
		return false, err
	}
	patched, err := jsonpatch.Apply(patch, document)
	if err != nil {
		return false, err
	}
	next := policy.NewLike(obj)
	if err := kjson.UnmarshalCaseSensitivePreserveInts(patched, next); err != nil {
		return false, err
	}
	changed := !equality.Semantic(obj, next)
	return changed, q.request.Replace(t, next)
}
