//go:build !unix

package cli

// replaceProcess is nil: programs have to be started beside this process.
func replaceProcess() func(path string, args, environ []string) error { return nil }
