package main

import (
	"os"
	"syscall"
)

// largestMemory is the largest resident memory that a process had, in MB. It is
// never less than that of the process which started it.
func largestMemory(state *os.ProcessState) float64 {
	return float64(state.SysUsage().(*syscall.Rusage).Maxrss) / 1024
}
