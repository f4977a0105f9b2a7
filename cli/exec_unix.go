//go:build unix

package cli

import "syscall"

// replaceProcess is how another program takes the place of this process.
func replaceProcess() func(path string, args, environ []string) error { return syscall.Exec }
