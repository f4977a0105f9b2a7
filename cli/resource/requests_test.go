package resource

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestHelper(t *testing.T) {
	const fresh = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}`
	const versioned = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","resourceVersion":"7"}}`
	object := func(text string) *unstructured.Unstructured {
		decoded := &unstructured.Unstructured{}
		if err := decoded.UnmarshalJSON([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return decoded
	}
	type action = func(*Helper) (runtime.Object, error)
	for name, c := range map[string]struct {
		do   action
		all  bool // With all that a Helper can be told.
		want string
	}{
		"get": {func(h *Helper) (runtime.Object, error) { return h.Get("here", "a") }, true, "GET /api/v1/namespaces/here/pods/a/status"},
		"create": {func(h *Helper) (runtime.Object, error) { return h.Create("here", true, object(versioned)) }, false,
			"POST /api/v1/namespaces/here/pods " + fresh},
		"create as it is": {func(h *Helper) (runtime.Object, error) { return h.Create("here", false, object(versioned)) }, true,
			"POST /api/v1/namespaces/here/pods?dryRun=All&fieldManager=me&fieldValidation=Strict " + versioned},
		"patch": {func(h *Helper) (runtime.Object, error) {
			return h.Patch("here", "a", types.MergePatchType, []byte(`{}`), nil)
		}, true,
			"PATCH /api/v1/namespaces/here/pods/a/status?dryRun=All&fieldManager=me&fieldValidation=Strict {}"},
		"patch with options": {func(h *Helper) (runtime.Object, error) {
			force := true
			return h.Patch("here", "a", types.ApplyPatchType, []byte(`{}`), &metav1.PatchOptions{Force: &force, FieldManager: "they"})
		}, false, "PATCH /api/v1/namespaces/here/pods/a?fieldManager=they&force=true {}"},
		"replace": {func(h *Helper) (runtime.Object, error) { return h.Replace("here", "a", true, object(fresh)) }, false,
			"GET /api/v1/namespaces/here/pods/a, PUT /api/v1/namespaces/here/pods/a " + versioned},
		"replace a version": {func(h *Helper) (runtime.Object, error) { return h.Replace("here", "a", true, object(versioned)) }, true,
			"PUT /api/v1/namespaces/here/pods/a/status?dryRun=All&fieldManager=me&fieldValidation=Strict " + versioned},
		"replace what is not there": {func(h *Helper) (runtime.Object, error) { return h.Replace("here", "b", true, object(fresh)) }, false,
			"GET /api/v1/namespaces/here/pods/b, PUT /api/v1/namespaces/here/pods/b " + fresh},
		"replace as it is": {func(h *Helper) (runtime.Object, error) { return h.Replace("here", "a", false, object(fresh)) }, false,
			"PUT /api/v1/namespaces/here/pods/a " + fresh},
		"delete": {func(h *Helper) (runtime.Object, error) {
			return h.DeleteWithOptions("here", "a", &metav1.DeleteOptions{})
		}, true, `DELETE /api/v1/namespaces/here/pods/a {"dryRun":["All"]}`},
	} {
		s := &server{has: map[string]string{
			"/api/v1/namespaces/here/pods/a":        versioned,
			"/api/v1/namespaces/here/pods/a/status": versioned,
		}}
		helper := NewHelper(s.client(t), podType())
		if c.all {
			helper.DryRun(true).WithFieldManager("me").WithFieldValidation("Strict").WithSubresource("status")
		}
		_, _ = c.do(helper) // Writes are answered with nothing.
		if asked := strings.Join(s.asked, ", "); asked != c.want {
			t.Errorf("%s: %s\nwant %s", name, asked, c.want)
		}
	}
}

func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		ask  func(*Builder)
		want string
	}{
		"a type": {func(b *Builder) { b.ResourceTypeOrNameArgs(true, "pods").LabelSelectorParam("a=b") }, "GET /api/v1/namespaces/here/pods?labelSelector=a%3Db&resourceVersion=5&watch=true"},
		"a name": {func(b *Builder) { b.ResourceTypeOrNameArgs(true, "pods", "web") }, "GET /api/v1/namespaces/here/pods?fieldSelector=metadata.name%3Dweb&resourceVersion=5&watch=true"},
		"a file": {func(b *Builder) { b.Stream(strings.NewReader(pod("web")), "text") }, "GET /api/v1/namespaces/here/pods?fieldSelector=metadata.name%3Dweb&resourceVersion=5&watch=true"},
	} {
		s := &server{has: map[string]string{}}
		for _, query := range []string{"fieldSelector=metadata.name%3Dweb", "labelSelector=a%3Db"} {
			s.has["/api/v1/namespaces/here/pods?"+query+"&resourceVersion=5&watch=true"] = `{"type":"ADDED","object":` + podIn("here", "web") + `}` +
				`{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","reason":"Expired","code":410}}`
		}
		b := s.question()
		c.ask(b)
		changes, err := b.Do().Watch("5")
		if err != nil {
			t.Fatal(name, err)
		}
		added, failed := <-changes.ResultChan(), <-changes.ResultChan()
		changes.Stop()
		if pod, ok := added.Object.(*unstructured.Unstructured); !ok || pod.GetName() != "web" {
			t.Errorf("%s: %+v", name, added)
		}
		if status, ok := failed.Object.(*metav1.Status); !ok || status.Code != 410 {
			t.Errorf("%s: %+v", name, failed)
		}
		if len(s.asked) != 1 || s.asked[0] != c.want {
			t.Errorf("%s: %v", name, s.asked)
		}
	}
	s := &server{}
	if _, err := s.question().ResourceNames("pods", "a", "b").Do().Watch(""); message(err) != "you may only watch a single resource or type of resource at a time" {
		t.Error(err)
	}
	if _, err := s.question().Stream(strings.NewReader(pod("a")+pod("b")), "x").Do().Watch(""); message(err) !=
		"watch is only supported on individual resources and resource collections - 2 resources were found" {
		t.Error(err)
	}
}
