package editor

import (
	"bytes"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// withoutComments drops the comments of YAML.
func withoutComments(text []byte) []byte {
	var kept [][]byte
	for _, line := range bytes.Split(text, []byte("\n")) {
		trimmed := bytes.TrimSpace(line)
		if !bytes.HasPrefix(trimmed, []byte("#")) || bytes.HasPrefix(trimmed, []byte("#!")) {
			kept = append(kept, line)
		}
	}
	return bytes.Join(kept, []byte("\n"))
}

// stripped is the content as JSON if it can be, else without comments.
func stripped(text []byte) []byte {
	if data, err := yaml.ToJSON(text); err == nil {
		return data
	}
	return withoutComments(text)
}

func sameContent(a, b []byte) bool { return bytes.Equal(stripped(a), stripped(b)) }

func hasContent(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return true
		}
	}
	return false
}

// crlfWriter ends lines as Windows does.
type crlfWriter struct{ w io.Writer }

func (c crlfWriter) Write(p []byte) (int, error) {
	_, err := c.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	return len(p), err
}
