package completion

import (
	"cmp"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// fileOrPod answers with the source of a copy: [[NAMESPACE/]POD:] or a local
// file.
func fileOrPod(q question) ([]string, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoSpace
	namespace, _, slashed := strings.Cut(q.typed, "/")
	switch {
	case len(q.args) > 0, strings.ContainsAny(q.typed[:min(1, len(q.typed))], "/.~"), strings.Contains(q.typed, ":"):
		return nil, directive
	case slashed:
		pods := suffixed(prefixed(namespace+"/", q.namesOf("pod", namespace)), ":")
		return fitting(pods, q.typed), directive
	}
	found := suffixed(fitting(q.objects("namespace"), q.typed), "/")
	found = append(found, suffixed(fitting(q.objects("pod"), q.typed), ":")...)
	switch {
	case q.typed == "":
		found = append(found, "./", "/")
	case len(found) > 0: // Without any, the shell looks for files itself.
		found = append(found, fitting(q.files(), q.typed)...)
	}
	return found, directive
}

// files are those of the working directory; folders end with a slash.
func (q question) files() []string {
	entries, err := os.ReadDir(cmp.Or(q.Dir, "."))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	return names
}
