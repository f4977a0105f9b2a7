package resource

import (
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// question is a Builder for unstructured objects of the namespace "here".
func (s *server) question() *Builder {
	return NewBuilder(s.needs()).Unstructured().NamespaceParam("here").DefaultNamespace()
}

func TestDo(t *testing.T) {
	has := map[string]string{
		"/api/v1/namespaces/here/pods/web":                               podIn("here", "web"),
		"/api/v1/namespaces/here/pods/db":                                podIn("here", "db"),
		"/api/v1/namespaces/here/pods/web/status":                        podIn("here", "status"),
		"/api/v1/namespaces/here":                                        `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"here"}}`,
		"/api/v1/namespaces/here/pods":                                   list("", podIn("here", "web"), podIn("here", "db")),
		"/api/v1/pods":                                                   list("", podIn("here", "web"), podIn("there", "web")),
		"/api/v1/namespaces/here/pods?limit=1":                           list("next", podIn("here", "web")),
		"/api/v1/namespaces/here/pods?continue=next&limit=1":             list("", podIn("here", "db")),
		"/api/v1/namespaces/here/pods?labelSelector=a%3Db":               list("", podIn("here", "db")),
		"/apis/example.org/v1/namespaces/here/things":                    list("", `{"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"x"}}`),
		"/apis/example.org/v1/namespaces/here/things?labelSelector=a%3D": list("", podIn("here", "db")),
	}
	args := func(words ...string) func(*Builder) {
		return func(b *Builder) { b.Flatten().ResourceTypeOrNameArgs(true, words...) }
	}
	for _, c := range []struct {
		name  string
		ask   func(*Builder)
		want  string
		asked string // Paths.
	}{
		{name: "a type", ask: args("pods"), want: "here/web here/db", asked: "/api/v1/namespaces/here/pods"},
		{name: "a category", ask: args("all"), want: "here/web here/db here/x", asked: "/api/v1/namespaces/here/pods /apis/example.org/v1/namespaces/here/things"},
		{name: "a type twice", ask: args("po,pods,Pod.v1.,pod"), want: "error: the server doesn't have a resource type \"po\""},
		{name: "a type by its kind", ask: args("pods,Pod.v1.,pod"), want: "here/web here/db", asked: "/api/v1/namespaces/here/pods"},
		{name: "a kind that the resource does not show", ask: args("Alias.v1.", "a"), want: "error: no /api/v1/others/a", asked: "/api/v1/others/a"},
		{name: "no such type", ask: args("thing.example.com"), want: `error: the server doesn't have a resource type "thing" in group "example.com"`},
		{name: "names", ask: args("pod", "web", "db"), want: "here/web here/db", asked: "/api/v1/namespaces/here/pods/web /api/v1/namespaces/here/pods/db"},
		{name: "TYPE/NAME", ask: args("pods/db", "ns/here"), want: `error: the server doesn't have a resource type "ns"`},
		{name: "objects of several types", ask: args("pods/db", "namespaces/here"), want: "here/db here", asked: "/api/v1/namespaces/here/pods/db /api/v1/namespaces/here"},
		{
			name: "up to an error", ask: args("pods", "no", "web"), want: "error: no /api/v1/namespaces/here/pods/no",
			asked: "/api/v1/namespaces/here/pods/no /api/v1/namespaces/here",
		},
		{
			name: "all, whatever the errors", ask: func(b *Builder) { b.ContinueOnError().ResourceTypeOrNameArgs(true, "pods", "no", "web", "nor") },
			want:  "here/web error: [no /api/v1/namespaces/here/pods/no, no /api/v1/namespaces/here/pods/nor]",
			asked: "/api/v1/namespaces/here/pods/no /api/v1/namespaces/here /api/v1/namespaces/here/pods/web /api/v1/namespaces/here/pods/nor /api/v1/namespaces/here",
		},
		{
			name: "not in the namespace that there is always", ask: func(b *Builder) { args("pods", "web")(b.NamespaceParam("default")) },
			want: "error: no /api/v1/namespaces/default/pods/web", asked: "/api/v1/namespaces/default/pods/web",
		},
		{
			name: "no such namespace", ask: func(b *Builder) { args("pods", "web")(b.NamespaceParam("gone")) },
			want: "error: no /api/v1/namespaces/gone", asked: "/api/v1/namespaces/gone/pods/web /api/v1/namespaces/gone",
		},
		{
			name: "a missing list", ask: func(b *Builder) { args("pods")(b.LabelSelectorParam(" x=y ")) },
			want:  `error: Unable to find "/v1, Resource=pods" that match label selector "x=y", field selector "": no /api/v1/namespaces/here/pods`,
			asked: "/api/v1/namespaces/here/pods?labelSelector=x%3Dy",
		},
		{
			name: "pages", ask: func(b *Builder) { args("pods")(b.RequestChunksOf(1)) }, want: "here/web here/db",
			asked: "/api/v1/namespaces/here/pods?limit=1 /api/v1/namespaces/here/pods?continue=next&limit=1",
		},
		{name: "lists", ask: func(b *Builder) { b.ResourceTypeOrNameArgs(true, "pods") }, want: "here/", asked: "/api/v1/namespaces/here/pods"},
		{name: "everywhere", ask: func(b *Builder) { args("pods")(b.AllNamespaces(true)) }, want: "here/web there/web", asked: "/api/v1/pods"},
		{name: "a name everywhere", ask: func(b *Builder) { args("pods", "web")(b.AllNamespaces(true)) }, want: "error: a resource cannot be retrieved by name across all namespaces"},
		{name: "a name nowhere", ask: func(b *Builder) { args("pods/web")(b.NamespaceParam("")) }, want: "error: namespace may not be empty when retrieving a resource by name"},
		{name: "a label", ask: func(b *Builder) { b.Flatten().LabelSelectorParam("a=b").ResourceTypes("pods") }, want: "here/db", asked: "/api/v1/namespaces/here/pods?labelSelector=a%3Db"},
		{name: "all", ask: func(b *Builder) { b.Flatten().SelectAllParam(true).ResourceTypes("pods") }, want: "here/web here/db", asked: "/api/v1/namespaces/here/pods"},
		{name: "unread", ask: func(b *Builder) { b.RequireObject(false).ResourceTypeOrNameArgs(false, "pods", "web") }, want: "here/web unread"},
		{name: "a subresource", ask: func(b *Builder) { b.Subresource("status").ResourceNames("pods", "web") }, want: "here/web", asked: "/api/v1/namespaces/here/pods/web/status"},
		{name: "names of a type", ask: func(b *Builder) { b.ResourceNames("pods", "web", "namespaces/here") }, want: "here/web here", asked: "/api/v1/namespaces/here/pods/web /api/v1/namespaces/here"},

		{name: "nothing", ask: args(), want: "error: " + errNothingNamed.Error()},
		{name: "a type, but nothing of it", ask: func(b *Builder) { b.ResourceTypeOrNameArgs(false, "pods") }, want: "error: resource(s) were provided, but no name was specified"},
		{name: "no such type, and nothing of it", ask: func(b *Builder) { b.ResourceTypeOrNameArgs(false, "pots") }, want: `error: the server doesn't have a resource type "pots"`},
		{name: "types that must be one", ask: func(b *Builder) { args("pods,things")(b.SingleResourceType()) }, want: "error: you may only specify a single resource type"},
		{name: "objects of one type", ask: func(b *Builder) { args("pods/web", "pod/db")(b.SingleResourceType()) }, want: "here/web here/db", asked: "/api/v1/namespaces/here/pods/web /api/v1/namespaces/here/pods/db"},
		{name: "objects that must be of one", ask: func(b *Builder) { args("pods/web", "things/x")(b.SingleResourceType()) }, want: "error: you may only specify a single resource type"},
		{name: "a category and a name", ask: args("all", "web"), want: "error: you must specify only one resource"},
		{name: "names and a selector", ask: func(b *Builder) { args("pods", "web")(b.LabelSelectorParam("a=b")) }, want: "error: name cannot be provided when a selector is specified"},
		{name: "objects and all", ask: func(b *Builder) { args("pods/web")(b.SelectAllParam(true)) }, want: "error: selectors and the all flag cannot be used when passing resource/name arguments"},
		{name: "a selector of nothing", ask: func(b *Builder) { b.FieldSelectorParam("a=b") }, want: "error: at least one resource must be specified to use a selector"},
		{name: "a subresource of all", ask: func(b *Builder) { args("pods")(b.Subresource("status")) }, want: "error: subresource cannot be used when bulk resources are specified"},
		{name: "objects and types", ask: func(b *Builder) { args("pods/web")(b.ResourceTypes("pods")) }, want: "error: you may not specify individual resources and bulk resources in the same call"},
		{name: "names without types", ask: func(b *Builder) { b.ResourceNames("", "web") }, want: `error: the argument "web" must be RESOURCE/NAME`},
		{name: "a selector, then all", ask: func(b *Builder) { b.FieldSelectorParam("a=b").SelectAllParam(true) }, want: "error: setting 'all' parameter but found a non empty selector. "},
		{name: "all, then a selector", ask: func(b *Builder) { b.SelectAllParam(true).LabelSelectorParam("a=b ") }, want: `error: found non-empty label selector "a=b " with previously set 'all' parameter. `},
		{name: "several mistakes", ask: func(b *Builder) { args("a/b/c")(b.AddError(errors.New("first"))) }, want: "error: [first, arguments in resource/name form may not have more than one slash]"},
	} {
		s := &server{has: has}
		b := s.question()
		c.ask(b)
		if got := strings.Join(visited(b.Do()), " "); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		if asked := strings.ReplaceAll(strings.Join(s.asked, " "), "GET ", ""); asked != c.asked {
			t.Errorf("%s asked for %s\nwant %s", c.name, asked, c.asked)
		}
	}
}

func TestResult(t *testing.T) {
	s := &server{has: map[string]string{
		"/api/v1/namespaces/here/pods/web": podIn("here", "web"),
		"/api/v1/namespaces/here/pods":     list("", podIn("here", "web")),
	}}
	for name, c := range map[string]struct {
		result *Result
		single bool
		list   bool
	}{
		"a name":              {s.question().ResourceTypeOrNameArgs(true, "pods", "web").Do(), true, false},
		"TYPE/NAME":           {s.question().ResourceTypeOrNameArgs(true, "pods/web").Do(), true, false},
		"a name twice":        {s.question().ResourceTypeOrNameArgs(true, "pods", "web", "web").Do(), false, true},
		"a type":              {s.question().Flatten().ResourceTypeOrNameArgs(true, "pods").Do(), false, true},
		"a list":              {s.question().ResourceTypeOrNameArgs(true, "pods").Do(), false, true},
		"the one that is not": {s.question().ContinueOnError().ResourceTypeOrNameArgs(true, "pods", "web", "no").Do().IgnoreErrors(apierrors.IsNotFound), false, true},
	} {
		single := !c.single
		object, err := c.result.IntoSingleItemImplied(&single).Object()
		if err != nil || single != c.single {
			t.Errorf("%s: %v, single: %t", name, err, single)
			continue
		}
		if kind := object.GetObjectKind().GroupVersionKind().Kind; c.list == (kind == "Pod") {
			t.Errorf("%s is a %T %s", name, object, kind)
		}
	}
	before := len(s.asked)
	result := s.question().ResourceTypeOrNameArgs(true, "pods/web").Do()
	for range 2 {
		if infos, err := result.Infos(); err != nil || len(infos) != 1 || infos[0].ResourceVersion != "7" {
			t.Errorf("%v, %v", infos, err)
		}
	}
	if asked := len(s.asked) - before; asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestVersionOfList: a list has the version of its objects, which is that of
// the list they come from, if there is one for all.
func TestVersionOfList(t *testing.T) {
	s := &server{has: map[string]string{
		"/api/v1/namespaces/here/pods/web": podIn("here", "web"),
		"/api/v1/namespaces/here/pods/old": strings.Replace(podIn("here", "old"), `"7"`, `"6"`, 1),
		"/api/v1/namespaces/here/pods":     list("", podIn("here", "web"), podIn("here", "db")),
	}}
	for words, want := range map[string]string{"pods": "9", "pods web web": "7", "pods web old": ""} {
		object, err := s.question().Flatten().ResourceTypeOrNameArgs(true, strings.Fields(words)...).Do().Object()
		if err != nil {
			t.Fatal(err)
		}
		if version, err := meta.NewAccessor().ResourceVersion(object); err != nil || version != want {
			t.Errorf("%s: version %q, %v", words, version, err)
		}
	}
}

func TestKindIn(t *testing.T) {
	kind := func(group, version, kind string) schema.GroupVersionKind {
		return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
	}
	kinds := []schema.GroupVersionKind{kind("a", "v1", "X"), kind("b", "v1", "X"), kind("b", "v1", "Y"), kind("b", "v2", "Y")}
	for list, want := range map[schema.GroupVersionKind]schema.GroupVersionKind{
		kind("b", "v2", "Y"): kinds[3], kind("b", "v3", "Y"): kinds[2], kind("b", "v2", "Z"): kinds[1], kind("c", "v1", "X"): kinds[0],
	} {
		if got := kindIn(&Info{Mapping: &meta.RESTMapping{GroupVersionKind: list}}, kinds); got != want {
			t.Errorf("in %v: %v", list, got)
		}
	}
	if got := kindIn(&Info{}, kinds); got != kinds[0] {
		t.Error(got)
	}
}

// shouting is a serializer that puts names in capitals.
type shouting struct{ runtime.Serializer }

func (s shouting) Decode(data []byte, defaults *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	object, kind, err := s.Serializer.Decode(data, defaults, into)
	if named, ok := object.(metav1.Object); ok {
		named.SetName(strings.ToUpper(named.GetName()))
	}
	return object, kind, err
}

func TestWrap(t *testing.T) {
	s := &server{has: map[string]string{"/api/v1/namespaces/here/pods/web": podIn("here", "web")}}
	needs := s.needs()
	needs.Wrap = func(usual runtime.Serializer) runtime.Serializer { return shouting{usual} }
	object, err := NewBuilder(needs).Unstructured().NamespaceParam("here").ResourceNames("pods", "web").Do().Object()
	if err != nil || object.(metav1.Object).GetName() != "WEB" {
		t.Errorf("%v, %v", object, err)
	}
}

func TestTransformRequests(t *testing.T) {
	s := &server{has: map[string]string{"/api/v1/namespaces/here/pods/web?a=b": podIn("here", "web")}}
	result := s.question().TransformRequests(func(request *rest.Request) { request.Param("a", "b") }).ResourceNames("pods", "web").Do()
	if got := visited(result); !slices.Equal(got, []string{"here/web"}) {
		t.Errorf("%v, asked for %v", got, s.asked)
	}
}

// TestMappingAsksAsOftenAsKubectl: a server that does not answer is logged for
// each question.
func TestMappingAsksAsOftenAsKubectl(t *testing.T) {
	s := &server{}
	if err := s.question().ResourceTypeOrNameArgs(false, "all,pods").Do().Err(); err == nil {
		t.Error("no error")
	}
	if want := []string{"all", "pods", "mapper", "mapper"}; !slices.Equal(s.types, want) {
		t.Errorf("%v, want %v", s.types, want)
	}
}

func TestStdinIsNotForCredentialPlugins(t *testing.T) {
	for _, used := range []bool{false, true} {
		s := &server{has: map[string]string{"/api/v1/namespaces/here/pods/web": podIn("here", "web")}}
		needs := s.needs()
		config := needs.Config
		plugin := &clientcmdapi.ExecConfig{}
		needs.Config = func() (*rest.Config, error) {
			made, err := config()
			made.ExecProvider = plugin
			return made, err
		}
		b := NewBuilder(needs).Unstructured().NamespaceParam("here").ResourceNames("pods", "web")
		if used {
			b.StdinInUse()
		}
		b.Do() // A transport can't be had along with a plugin; what it is told is known before.
		if plugin.StdinUnavailable != used || plugin.StdinUnavailableMessage != map[bool]string{true: "used by stdin resource manifest reader"}[used] {
			t.Errorf("in use: %t: %+v", used, plugin)
		}
	}
}

func TestWithScheme(t *testing.T) {
	version := schema.GroupVersion{Group: "example.org", Version: "v1"}
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(version.WithKind("Thing"), &thing{})
	s := &server{has: map[string]string{
		"/apis/example.org/v1/namespaces/here/things/x": `{"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"x"},"size":3}`,
	}}
	read := NewBuilder(s.needs()).WithScheme(scheme, version).NamespaceParam("here").ResourceNames("things", "x")
	written := NewBuilder(s.needs()).WithScheme(scheme, version).NamespaceParam("here").DefaultNamespace().
		Stream(strings.NewReader(`{"apiVersion":"example.org/v1","kind":"Thing","metadata":{"name":"x"},"size":3}`), "text")
	for _, b := range []*Builder{read, written} {
		infos, err := b.Do().Infos()
		if err != nil || len(infos) != 1 {
			t.Fatal(infos, err)
		}
		if got, ok := infos[0].Object.(*thing); !ok || got.Size != 3 || infos[0].Namespace != "here" {
			t.Errorf("%+v: %+v", infos[0], infos[0].Object)
		}
	}
	_, err := NewBuilder(s.needs()).WithScheme(scheme, version).Stream(strings.NewReader(pod("x")), "text").Do().Infos()
	if err == nil || !strings.HasPrefix(err.Error(), `unable to decode "text": no kind "Pod" is registered for version "v1" in scheme`) {
		t.Error(err)
	}
}
