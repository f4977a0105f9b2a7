package resource

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseArguments(t *testing.T) {
	for words, want := range map[string]arguments{
		"":               {},
		"pods":           {types: "pods", names: []string{}},
		"pods,svc,pods":  {types: "pods,svc,pods", names: []string{}},
		"pods web":       {types: "pods", names: []string{"web"}},
		"pods web db":    {types: "pods", names: []string{"web", "db"}},
		"pods,pods web":  {types: "pods,pods", names: []string{"web"}},
		"pods,svc web":   {objects: []named{{"pods", "web"}, {"svc", "web"}}},
		"a,b c d":        {objects: []named{{"a", "c"}, {"a", "d"}, {"b", "c"}, {"b", "d"}}},
		"pods/web":       {objects: []named{{"pods", "web"}}},
		"po/web svc/web": {objects: []named{{"po", "web"}, {"svc", "web"}}},
	} {
		got, err := parseArguments(strings.Fields(words), "kubectl")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v, want %+v", words, got, err, want)
		}
	}
}

func TestParseArgumentsRefuses(t *testing.T) {
	const (
		needless = "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form " +
			"(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
		slashes = "arguments in resource/name form may not have more than one slash"
		single  = "arguments in resource/name form must have a single resource and name"
	)
	for words, want := range map[string]string{
		"pods pods/web": needless,
		"pods/web web":  needless,
		"pods/web/log":  slashes,
		"pods/a svc//b": slashes,
		"pods,svc a/b":  slashes,
		"/web":          single,
		"pods/":         single,
		"po,svc/web":    single,
		"po, web":       single,
	} {
		if _, err := parseArguments(strings.Fields(words), "kubectl"); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", words, err, want)
		}
	}
}

// FuzzParseArguments checks that what is understood is complete, and that
// TYPE/NAME means the same as it is written.
func FuzzParseArguments(f *testing.F) {
	for _, words := range []string{"pods", "pods,svc web", "po/a svc/b", "po,,po/a", "a,b c/d", "/ ,"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Split(text, " ")
		parsed, err := parseArguments(words, "kubectl")
		if err != nil {
			return
		}
		for _, object := range parsed.objects {
			if object.kind == "" || object.name == "" || strings.ContainsAny(object.kind, "/") || strings.Contains(object.name, "/") {
				t.Errorf("%q: %+v is no object", words, object)
			}
			again, err := parseObject(object.kind + "/" + object.name)
			if err != nil || again != object {
				t.Errorf("%q: %+v is written as %+v, %v", words, object, again, err)
			}
		}
		if len(parsed.objects) > 0 {
			if parsed.types != "" || len(parsed.names) > 0 {
				t.Errorf("%q: both objects and types: %+v", words, parsed)
			}
		} else if parsed.types != words[0] || len(parsed.names) != len(words)-1 {
			t.Errorf("%q lost words: %+v", words, parsed)
		}
	})
}
