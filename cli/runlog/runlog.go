// Package runlog is the log of one run of the command line: lines in klog's
// form on the run's own error stream, as many as its flags -v and --vmodule
// ask for. Runs in one process share nothing of it, except where one run is all
// that a process does: the client libraries then log here too.
package runlog

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
)

// Log is the log of one run.
type Log struct {
	w      io.Writer
	flags  *pflag.FlagSet
	logger klog.Logger
	// background says that the client libraries log here by themselves.
	background bool
}

// New is a log that writes to w: warnings and errors only, unless its flags
// ask for more.
func New(w io.Writer) *Log {
	config := textlogger.NewConfig(textlogger.Output(w))
	flags := flag.NewFlagSet("log", flag.ContinueOnError)
	flags.Var(config.Verbosity(), "v", "How much to log: 6 and more show the requests to the server, 8 and more their bodies.")
	flags.Var(config.VModule(), "vmodule", "How much source files log, as FILE=N,...; files are named without .go and may be patterns.")
	flags.Duration("log-flush-frequency", 5*time.Second, "How long lines of the log may be kept back at most; they never are.")
	l := &Log{w: w, flags: pflag.NewFlagSet("log", pflag.ContinueOnError)}
	l.flags.AddGoFlagSet(flags)
	l.logger = logr.New(nameless{textlogger.NewLogger(config).GetSink()})
	return l
}

// SetBackground makes the log the one that the client libraries write to, and its
// flags theirs. Both are the process's: only a run that is all that its process
// does may call it, before its flags are registered.
func (l *Log) SetBackground() {
	formatted := l.logger.GetSink().(nameless).LogSink.(textlogger.KlogBufferWriter)
	klog.SetLoggerWithOptions(l.logger, klog.ContextualLogger(true), klog.WriteKlogBuffer(formatted.WriteKlogBuffer))
	theirs := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(theirs)
	for _, name := range []string{"v", "vmodule"} {
		flag := l.flags.Lookup(name)
		flag.Value = both{flag.Value, theirs.Lookup(name).Value}
	}
	l.background = true
}

// both is a flag that is set in two places.
type both struct {
	pflag.Value
	other flag.Value
}

func (b both) Set(text string) error {
	if err := b.Value.Set(text); err != nil {
		return err
	}
	return b.other.Set(text)
}

// AddFlags registers the flags of the log.
func (l *Log) AddFlags(flags *pflag.FlagSet) { flags.AddFlagSet(l.flags) }

// V says whether messages of a level are logged.
func (l *Log) V(level int) bool { return l.logger.V(level).Enabled() }

// Infof writes a line if messages of the level are logged. source is where
// kubectl logs it: FILE:LINE.
func (l *Log) Infof(level int, source, format string, args ...any) {
	if l.V(level) {
		l.print('I', source, format, args...)
	}
}

// Warnf writes a warning.
func (l *Log) Warnf(source, format string, args ...any) { l.print('W', source, format, args...) }

// Errorf writes an error.
func (l *Log) Errorf(source, format string, args ...any) { l.print('E', source, format, args...) }

// Info writes a message with its keys and values, if messages of the level are
// logged.
func (l *Log) Info(level int, source, message string, pairs ...any) {
	if l.V(level) {
		l.print('I', source, "%s", utilruntime.ErrorToString(nil, message, pairs...))
	}
}

// Error writes a message with the error that it is about, if any, and its keys
// and values.
func (l *Log) Error(source string, err error, message string, pairs ...any) {
	l.print('E', source, "%s", utilruntime.ErrorToString(err, message, pairs...))
}

func (l *Log) print(severity rune, source, format string, args ...any) {
	writeLine(l.w, severity, source, fmt.Sprintf(format, args...))
}

// Warning writes one line to the error stream of a run, with the place of its
// caller.
func Warning(w io.Writer, format string, args ...any) {
	_, file, line, _ := runtime.Caller(1)
	writeLine(w, 'W', fmt.Sprintf("%s:%d", filepath.Base(file), line), fmt.Sprintf(format, args...))
}

func writeLine(w io.Writer, severity rune, source, text string) {
	text = strings.TrimSuffix(text, "\n")
	fmt.Fprintf(w, "%c%s %7d %s] %s\n", severity, time.Now().Format("0102 15:04:05.000000"), os.Getpid(), source, text)
}

// nameless is a log that does not tell the names and values of loggers, as
// kubectl's does not.
type nameless struct{ logr.LogSink }

func (n nameless) WithName(string) logr.LogSink   { return n }
func (n nameless) WithValues(...any) logr.LogSink { return n }

// WithCallDepth makes the log name a caller further up.
func (n nameless) WithCallDepth(depth int) logr.LogSink {
	return nameless{n.LogSink.(logr.CallDepthLogSink).WithCallDepth(depth)}
}
