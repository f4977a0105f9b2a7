package describe

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/document"
)

// describeGeneric describes an object of any kind by its fields.
func describeGeneric(ctx context.Context, w *writer, r *related, _ object, live *document.Value) error {
	fields, err := live.Any()
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{}
	object.Object, _ = fields.(map[string]any)
	w.metadata(object, true)
	w.content(object.Object, "")
	w.events(ctx, r, aboutObject(object.GetKind(), object))
	return nil
}

// Fields that have been shown, or that nobody wants to see.
var omitted = []string{
	".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations",
}

// content writes the fields of an object, found at path in the whole.
func (w *writer) content(fields map[string]any, path string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := path + "." + name
		if slices.Contains(omitted, at) {
			continue
		}
		switch value := fields[name].(type) {
		case map[string]any:
			w.section(titleOf(name)).content(value, at)
		case []any:
			items := w.section(titleOf(name))
			for _, item := range value {
				if object, ok := item.(map[string]any); ok {
					items.content(object, at)
				} else {
					items.line("%v", item)
				}
			}
		default:
			w.field(titleOf(name), value)
		}
	}
}

// titleOf makes a title of a field's name: "podCIDRs" is "Pod CIDRs",
// "apiVersion" is "API Version". Names with other characters than letters and
// dashes stay as they are.
func titleOf(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		return name
	}
	words := joinAcronyms(splitCamelCase(name))
	for i, word := range words {
		switch upper := strings.ToUpper(word); {
		case slices.Contains([]string{"API", "URL", "UID", "GUID"}, upper):
			words[i] = upper
		case strings.ToLower(word) == word:
			runes := []rune(word)
			words[i] = string(unicode.ToTitle(runes[0])) + string(runes[1:])
		}
	}
	return strings.Join(words, " ")
}

// splitCamelCase splits where the class of letters changes; the last capital
// before small letters goes with these.
func splitCamelCase(name string) []string {
	var words [][]rune
	last := 0
	for _, r := range name {
		class := letterClass(r)
		if class == last && len(words) > 0 {
			words[len(words)-1] = append(words[len(words)-1], r)
		} else {
			words = append(words, []rune{r})
		}
		last = class
	}
	for i := range len(words) - 1 {
		if capitals := words[i]; unicode.IsUpper(capitals[0]) && unicode.IsLower(words[i+1][0]) {
			words[i+1] = append([]rune{capitals[len(capitals)-1]}, words[i+1]...)
			words[i] = capitals[:len(capitals)-1]
		}
	}
	var split []string
	for _, word := range words {
		if len(word) > 0 {
			split = append(split, string(word))
		}
	}
	return split
}

func letterClass(r rune) int {
	switch {
	case unicode.IsLower(r):
		return 1
	case unicode.IsUpper(r):
		return 2
	default:
		return 3
	}
}

// joinAcronyms joins capitals with the capitalised word after them, which is
// their plural or some such: "CIDR" and "Rs".
func joinAcronyms(words []string) []string {
	var joined []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		capitals := !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) && !unicode.IsUpper(r) })
		if len(word) >= 2 && capitals && i+1 < len(words) && unicode.IsUpper([]rune(words[i+1])[0]) {
			word += words[i+1]
			i++
		}
		joined = append(joined, word)
	}
	return joined
}
