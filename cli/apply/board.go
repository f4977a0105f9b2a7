package apply

import (
	"bytes"
	"cmp"
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/terminal"
)

// board shows how objects stand: on a terminal in a table that is drawn over
// and over in its place, elsewhere in a line for each change.
type board struct {
	out   io.Writer
	rows  int // Of the terminal; 0: it is none.
	drawn int // Lines to go up before the next drawing.
	last  map[string]string
}

func newBoard(out io.Writer) *board {
	b := &board{out: out, last: map[string]string{}}
	if size := (terminal.Terminal{Out: out}).Size(); size != nil {
		b.rows = int(size.Height)
	}
	return b
}

func (b *board) show(all []*pending) {
	if b.rows > 0 {
		b.draw(all)
		return
	}
	for _, p := range all {
		if text := p.health.String(); text != b.last[p.name()] {
			fmt.Fprintf(b.out, "%s: %s\n", p.name(), text)
			b.last[p.name()] = text
		}
	}
}

// draw draws the table anew. If it would not fit only those are shown that are
// not ready, as many as fit.
func (b *board) draw(all []*pending) {
	const around = 3 // The heading, the summary, and the cursor's line.
	shown, ready := all, len(all)-notReady(all)
	if len(all)+around > b.rows {
		shown = nil
		for _, p := range all {
			if p.health.State != health.Ready && len(shown)+around < b.rows {
				shown = append(shown, p)
			}
		}
	}
	var text bytes.Buffer
	if b.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\x1b[J", b.drawn)
	}
	w := printers.GetNewTabWriter(&text)
	fmt.Fprintln(w, "NAME\tSTATE\tREASON")
	for _, p := range shown {
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.name(), p.health.State, cmp.Or(p.health.Reason, "-"))
	}
	_ = w.Flush()
	fmt.Fprintf(&text, "%d of %d ready\n", ready, len(all))
	b.drawn = len(shown) + 2
	_, _ = b.out.Write(text.Bytes())
}
