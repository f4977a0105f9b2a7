package cluster

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
)

const (
	// stopTimeout is how long a cluster may take to end before it is killed.
	stopTimeout = 5 * time.Second
	stopPoll    = 5 * time.Millisecond
)

func newStop(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "stop [NAME]",
		Short: "Stop a fake cluster; its context stays in the kubeconfig",
		Args:  atMostName,
		RunE: func(_ *cobra.Command, args []string) error {
			name := nameArgument(args)
			d, s, err := running(f, name)
			if err != nil {
				return err
			}
			if err := end(d, s.PID); err != nil {
				return err
			}
			fmt.Fprintf(f.Out, "Cluster %q stopped.\n", name)
			return nil
		},
	}
}

func newDelete(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "delete [NAME]",
		Short: "Stop a fake cluster and remove its context and files",
		Args:  atMostName,
		RunE: func(_ *cobra.Command, args []string) error {
			name := nameArgument(args)
			if err := deleteCluster(f, name); err != nil {
				return err
			}
			fmt.Fprintf(f.Out, "Cluster %q deleted.\n", name)
			return nil
		},
	}
}

func deleteCluster(f *factory.Factory, name string) error {
	d, err := folderOf(f, name)
	if err != nil {
		return err
	}
	if !d.exists() {
		return fmt.Errorf("there is no cluster %q; see those that there are with: %s cluster list", name, f.Program)
	}
	if pid := d.server(d.read()); pid != 0 {
		if err := end(d, pid); err != nil {
			return err
		}
	}
	if err := unmerge(f, name); err != nil {
		return err
	}
	return d.remove()
}

// end stops a process, politely first.
func end(d folder, pid int) error {
	if err := terminate(pid); err != nil {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(stopTimeout); time.Now().Before(deadline); time.Sleep(stopPoll) {
		if !alive(d, pid) {
			return d.forget()
		}
	}
	if err := kill(pid); err != nil {
		return errors.Join(fmt.Errorf("process %d does not end", pid), err)
	}
	return d.forget()
}
