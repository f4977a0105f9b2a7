package resource

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// arguments are a command line's words about types and names:
// TYPE[,TYPE...], TYPE NAME..., TYPE,TYPE... NAME... or TYPE/NAME...
type arguments struct {
	types   string // Separated by commas; they may be categories.
	names   []string
	objects []named // If there are any, there is nothing else.
}

// named is an object's type and name.
type named struct {
	kind, name string
}

// parseArguments understands words; program is how messages call us.
func parseArguments(words []string, program string) (arguments, error) {
	if len(words) == 0 {
		return arguments{}, nil
	}
	if kinds := splitTypes(words[0]); len(kinds) > 1 && len(words) > 1 {
		words = each(kinds, words[1:])
	}
	slashes := 0
	for _, word := range words {
		if strings.Contains(word, "/") {
			slashes++
		}
	}
	switch slashes {
	case 0:
		return arguments{types: words[0], names: words[1:]}, nil
	case len(words):
		objects, err := parseObjects(words)
		return arguments{objects: objects}, err
	}
	return arguments{}, fmt.Errorf("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "+
		"(e.g. '%[1]s get resource/<resource_name>' instead of '%[1]s get resource resource/<resource_name>'", program)
}

// each is each name of each type, as TYPE/NAME.
func each(kinds, names []string) []string {
	var words []string
	for _, kind := range kinds {
		for _, name := range names {
			words = append(words, kind+"/"+name)
		}
	}
	return words
}

func parseObjects(words []string) ([]named, error) {
	var objects []named
	for _, word := range words {
		object, err := parseObject(word)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// parseObject understands TYPE/NAME.
func parseObject(word string) (named, error) {
	kind, name, _ := strings.Cut(word, "/")
	if strings.Contains(name, "/") {
		return named{}, errors.New("arguments in resource/name form may not have more than one slash")
	}
	if kind == "" || name == "" || len(splitTypes(kind)) != 1 {
		return named{}, errors.New("arguments in resource/name form must have a single resource and name")
	}
	return named{kind, name}, nil
}

// splitTypes are the types between the commas, each once.
func splitTypes(types string) []string {
	var split []string
	for kind := range strings.SplitSeq(types, ",") {
		if !slices.Contains(split, kind) {
			split = append(split, kind)
		}
	}
	return split
}
