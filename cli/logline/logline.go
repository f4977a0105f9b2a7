// Package logline writes the few messages that kubectl sends to its log, rather
// than to its user, in the form of the log of Kubernetes' programs. It writes
// to a run's own error stream; the log of the client libraries goes to that of
// the process.
package logline

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Warning writes one line, with the place of its caller.
func Warning(w io.Writer, format string, args ...any) {
	_, file, line, _ := runtime.Caller(1)
	fmt.Fprintf(w, "W%s %7d %s:%d] %s\n", time.Now().Format("0102 15:04:05.000000"),
		os.Getpid(), filepath.Base(file), line, fmt.Sprintf(format, args...))
}
