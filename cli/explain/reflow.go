package explain

import (
	"regexp"
	"strings"
)

// item is how a line of a list begins.
var item = regexp.MustCompile(`^(\d+\.?|-|\*)\s`)

// reflow fills lines up to width with the words of a text. Empty lines, code
// (indented by four) and the items of lists stay lines of their own.
func reflow(text string, width int) []string {
	var lines []string
	line, last := "", ""
	flush := func() {
		if line != "" {
			lines = append(lines, line)
			line, last = "", ""
		}
	}
	for source := range strings.SplitSeq(text, "\n") {
		blank := strings.TrimSpace(source) == ""
		switch {
		case strings.HasPrefix(source, "    "):
			flush()
			lines = append(lines, source)
			continue
		case blank && len(lines) > 0:
			flush()
			lines = append(lines, "")
			continue
		case blank, strings.HasSuffix(last, ":"), item.MatchString(strings.TrimSpace(source)):
			flush()
		}
		for word := range strings.FieldsSeq(source) {
			if line != "" && len(line)+1+len(word) > width {
				flush()
			}
			if line != "" {
				line += " "
			}
			line += word
			last = word
		}
	}
	flush()
	return lines
}
