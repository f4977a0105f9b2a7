package diff

import (
	"bytes"
	"io"

	"github.com/kubejig/kubejig/cli/color"
)

// painter colours the lines of a unified diff on their way to another writer.
type painter struct {
	to   io.Writer
	rest []byte // The beginning of a line whose end has not come yet.
}

func (p *painter) Write(data []byte) (int, error) {
	p.rest = append(p.rest, data...)
	for {
		end := bytes.IndexByte(p.rest, '\n')
		if end < 0 {
			return len(data), nil
		}
		line := string(p.rest[:end])
		if _, err := io.WriteString(p.to, paintOf(line).Text(line)+"\n"); err != nil {
			return 0, err
		}
		p.rest = p.rest[end+1:]
	}
}

// Flush writes what has no end of line.
func (p *painter) Flush() error {
	_, err := p.to.Write(p.rest)
	p.rest = nil
	return err
}

func paintOf(line string) color.Paint {
	if line == "" {
		return ""
	}
	switch line[0] {
	case '+':
		return color.Green
	case '-':
		return color.Red
	case '@':
		return color.Cyan
	}
	return ""
}
