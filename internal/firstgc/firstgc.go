// Package firstgc puts off the first garbage collection of the program that
// imports it, so that a command that is over in milliseconds never pays for
// one: without it, the tables that linked packages build when they are
// initialized are enough to start the collector.
//
// It works by being imported, by main only. It has nothing to call, and does
// nothing where GOGC is set.
package firstgc

import (
	"os"
	"runtime"
	"runtime/debug"
)

// The runtime's first collection starts at 4 MB of heap for each 100 percent.
const percent = 800

var _ = putOff(os.Getenv("GOGC"))

// putOff lets the heap grow to 32 MB first. The first collection finds the
// marker dead, and sets the percentage back to what it was.
func putOff(setting string) *[16]byte {
	if setting != "" {
		return nil
	}
	marker := new([16]byte)
	runtime.AddCleanup(marker, func(before int) { debug.SetGCPercent(before) }, debug.SetGCPercent(percent))
	return nil
}
