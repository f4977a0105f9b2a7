package factory

import (
	"fmt"
	"os"
)

// Warn writes a line in the form of kubectl's log, which names where in its
// source the line comes from.
func (f *Factory) Warn(source, text string) { f.log('W', source, text) }

// LogError is Warn for errors.
func (f *Factory) LogError(source, text string) { f.log('E', source, text) }

func (f *Factory) log(level rune, source, text string) {
	now := f.Environment.Now()
	fmt.Fprintf(f.ErrOut, "%c%s %7d %s] %s\n", level, now.Format("0102 15:04:05.000000"), os.Getpid(), source, text)
}
