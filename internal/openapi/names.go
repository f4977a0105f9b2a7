package openapi

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func root(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "/api/" + gv.Version
	}
	return "/apis/" + gv.Group + "/" + gv.Version
}

// groupWords is a group as identifiers spell it: Core, Apps,
// RbacAuthorization, StableExampleCom.
func groupWords(group string) string {
	if group == "" {
		return "Core"
	}
	words := ""
	for word := range strings.SplitSeq(strings.TrimSuffix(group, ".k8s.io"), ".") {
		words += title(word)
	}
	return words
}

// operationID is "readCoreV1NamespacedPod".
func operationID(word string, gv schema.GroupVersion, of string) string {
	collection := ""
	if word == "deleteCollection" {
		word, collection = "delete", "Collection"
	}
	return word + groupWords(gv.Group) + title(gv.Version) + collection + of
}

func tag(gv schema.GroupVersion) string { return groupTag(gv.Group) + "_" + gv.Version }

func groupTag(group string) string {
	words := groupWords(group)
	return strings.ToLower(words[:1]) + words[1:]
}

func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// withArticle is a kind as it stands in a sentence: "a Pod", "an Event"; plurals
// have no article.
func withArticle(kind string) string {
	switch {
	case strings.HasSuffix(kind, "s") && !strings.HasSuffix(kind, "ss"):
		return kind
	case strings.Contains("AEIOU", kind[:1]):
		return "an " + kind
	}
	return "a " + kind
}
