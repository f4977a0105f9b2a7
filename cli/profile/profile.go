// Package profile is what --profile asks for: a profile of the program, written
// to a file when the command ends. The runtime has one of each for the whole
// process.
package profile

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/factory"
)

// traceRate is how many samples a second a trace has, as a CPU profile does.
const traceRate = 100

// Profile is one run's, if its flags ask for one.
type Profile struct {
	environment factory.Environment
	name, path  string
	// output is open from the beginning for those that are written all along.
	output *os.File
	// write writes the profile at the end; nil before Start.
	write func() error
	// release gives interrupts back to the process.
	release context.CancelFunc
}

// New is the profile of one run.
func New(environment factory.Environment) *Profile {
	return &Profile{environment: environment}
}

// AddFlags registers the flags.
func (p *Profile) AddFlags(flags *pflag.FlagSet) {
	flags.StringVar(&p.name, "profile", "none", "What to profile: none, cpu, heap, goroutine, threadcreate, block, mutex or trace.")
	flags.StringVar(&p.path, "profile-output", "profile.pprof", "File to write the profile to.")
}

// Start begins to collect, if there is to be a profile. From here on, an
// interrupt ends the command in good order, so that the profile is written.
func (p *Profile) Start(cmd *cobra.Command) error {
	if p.name == "none" {
		return nil
	}
	write, err := p.collect()
	if err != nil {
		return err
	}
	ctx, release := p.environment.Interruptible(cmd.Context())
	cmd.SetContext(ctx)
	p.write, p.release = write, release
	return nil
}

// Finish writes the profile, if one was started.
func (p *Profile) Finish() error {
	if p.write == nil {
		return nil
	}
	p.release()
	return p.write()
}

// collect begins, and returns what writes the profile at the end.
func (p *Profile) collect() (write func() error, err error) {
	switch p.name {
	case "cpu":
		return p.writeCPU, p.create(func() error { return pprof.StartCPUProfile(p.output) })
	case "trace":
		return p.writeTrace, p.create(func() error {
			runtime.SetCPUProfileRate(traceRate)
			return trace.Start(p.output)
		})
	case "block":
		runtime.SetBlockProfileRate(1)
	case "mutex":
		runtime.SetMutexProfileFraction(1)
	}
	if pprof.Lookup(p.name) == nil {
		return nil, fmt.Errorf("unknown profile '%s'", p.name)
	}
	return p.writeState, nil
}

// create makes the file and then starts what is written to it.
func (p *Profile) create(start func() error) (err error) {
	if p.output, err = os.Create(p.environment.Path(p.path)); err != nil {
		return err
	}
	if err := start(); err != nil {
		p.output.Close()
		return err
	}
	return nil
}

func (p *Profile) writeCPU() error {
	pprof.StopCPUProfile()
	return p.output.Close()
}

func (p *Profile) writeTrace() error {
	trace.Stop()
	runtime.SetCPUProfileRate(0)
	return p.output.Close()
}

// writeState writes what the program is like now.
func (p *Profile) writeState() error {
	if p.name == "heap" {
		runtime.GC() // what is garbage is not held
	}
	if err := p.create(func() error { return pprof.Lookup(p.name).WriteTo(p.output, 0) }); err != nil {
		return err
	}
	return p.output.Close()
}
