// Command runner runs a program and prints what that took, as JSON. It is small,
// since no process seems smaller than the one that started it: a benchmark that
// has read long lists would measure itself.
package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"time"
)

// Figures are those of one run.
type Figures struct {
	Wall, CPU time.Duration
	Memory    float64 // The largest resident memory in MB; 0 where the system does not tell.
}

func main() {
	figures, err := run(os.Args[1], os.Args[2:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(figures)
	}
	if err != nil {
		panic(err) // Nobody but the benchmark sees it.
	}
}

func run(program string, args []string) (Figures, error) {
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return Figures{}, err
	}
	state := cmd.ProcessState
	return Figures{time.Since(start), state.UserTime() + state.SystemTime(), largestMemory(state)}, nil
}
