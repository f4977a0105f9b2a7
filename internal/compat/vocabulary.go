package compat

import (
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

// Vocabulary maps the words for a kind of objects to its kind: po to Pod.
type Vocabulary map[string]string

// ReadVocabulary is that of a fresh cluster.
func ReadVocabulary() (Vocabulary, error) {
	cluster, err := fakecluster.New()
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	client, err := kubernetes.NewForConfig(cluster.RESTConfig())
	if err != nil {
		return nil, err
	}
	_, lists, err := client.Discovery().ServerGroupsAndResources()
	if err != nil {
		return nil, err
	}
	words := Vocabulary{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if strings.Contains(resource.Name, "/") {
				continue
			}
			for _, word := range append(resource.ShortNames, resource.Name, resource.SingularName) {
				if _, taken := words[word]; !taken { // metrics are called pods too
					words[word] = resource.Kind
				}
			}
		}
	}
	return words, nil
}

// kinds are those that a command line names in its arguments, or that the
// files have that it reads.
func (v Vocabulary) kinds(line CommandLine, files []txtar.File) []string {
	var kinds []string
	read := []string{line.Stdin}
	for i, word := range line.Args {
		if i > 0 && (line.Args[i-1] == "-f" || line.Args[i-1] == "-k") {
			read = append(read, word)
			continue
		}
		for part := range strings.SplitSeq(word, ",") {
			resource, _, _ := strings.Cut(part, "/")
			resource, _, _ = strings.Cut(resource, ".")
			if kind := v[strings.ToLower(resource)]; kind != "" && i > 0 {
				kinds = append(kinds, kind)
			}
		}
	}
	for _, file := range files {
		if slices.ContainsFunc(read, func(name string) bool { return name != "" && within(file.Name, name) }) {
			kinds = append(kinds, kindsIn(string(file.Data))...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// within says whether a file is named, or in a folder that is.
func within(file, name string) bool {
	return file == name || strings.HasPrefix(file, strings.TrimSuffix(name, "/")+"/")
}

// kindsIn are the kinds of the objects in a YAML document.
func kindsIn(text string) []string {
	var kinds []string
	for line := range strings.Lines(text) {
		if kind, ok := strings.CutPrefix(line, "kind: "); ok {
			kinds = append(kinds, strings.TrimSpace(kind))
		}
	}
	return kinds
}
