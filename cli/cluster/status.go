package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/factory"
)

// answerTimeout is how long a cluster that runs may take to tell the time.
const answerTimeout = 2 * time.Second

// status is what is shown of a cluster.
type status struct {
	state
	Running bool `json:"running"`
	// Answers says that it answered just now.
	Answers bool `json:"answers"`
	// Now is the cluster's time, if it is a fake one and answers.
	Now *time.Time `json:"now,omitempty"`
}

func newStatus(f *factory.Factory) *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show a fake cluster; fails when it does not run and answer",
		Args:  atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, s, err := running(f, nameArgument(args))
			if err != nil {
				return err
			}
			st, err := statusOfCluster(cmd.Context(), d, s)
			if err != nil {
				return fmt.Errorf("cluster %q (process %d) does not answer: %w; end it with: %s cluster stop %[1]s", s.Name, s.PID, err, f.Program)
			}
			if output != "" {
				return encode(f, output, st)
			}
			return describe(f, st)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format. One of: (json, yaml).")
	return cmd
}

func newList(f *factory.Factory) *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List fake clusters",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			states, unreadable := all(f)
			list := make([]status, len(states))
			for i, s := range states {
				d, err := folderOf(f, s.Name)
				if err != nil {
					return err
				}
				list[i], _ = statusOfCluster(cmd.Context(), d, s) // It says whether it answers.
			}
			if err := show(f, output, list, unreadable == nil); err != nil {
				return err
			}
			return unreadable
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format. One of: (json, yaml).")
	return cmd
}

// statusOfCluster fails if the cluster runs and does not answer; the status is
// right all the same.
func statusOfCluster(ctx context.Context, d folder, s *state) (status, error) {
	st := status{state: *s, Running: d.server(s, nil) != 0}
	if !st.Running {
		return st, nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	clock, err := askClock(ctx, d)
	switch {
	case apierrors.IsNotFound(err):
		st.Answers = true
		return st, nil
	case err == nil:
		st.Answers, st.Now = true, &clock.Now
	}
	return st, err
}

func encode(f *factory.Factory, format string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	switch {
	case err != nil:
		return err
	case format == "yaml":
		data, err = yaml.JSONToYAML(data)
	case format == "json":
		data = append(data, '\n')
	default:
		err = fmt.Errorf("unable to match a printer suitable for the output format %q, allowed formats are: json,yaml", format)
	}
	if err != nil {
		return err
	}
	_, err = f.Out.Write(data)
	return err
}

func describe(f *factory.Factory, s status) error {
	w := printers.GetNewTabWriter(f.Out)
	for _, line := range [][2]string{
		{"Name:", s.Name},
		{"Server:", s.Server},
		{"Process:", fmt.Sprint(s.PID)},
		{"Started:", s.Started.Format(time.RFC1123Z)},
		{"Nodes:", fmt.Sprint(s.Options.Nodes)},
		{"Seed:", fmt.Sprint(s.Options.Seed)},
		{"Clock:", s.Options.Clock},
		{"Time:", clockText(s.Now)},
		{"Driver:", s.Options.Driver},
		{"Kubeconfig:", s.Kubeconfig},
	} {
		fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}

func clockText(now *time.Time) string {
	if now == nil {
		return "<unknown>"
	}
	return now.Format(time.RFC3339)
}

// show prints a list of clusters, and if it is complete and empty that there
// are none.
func show(f *factory.Factory, output string, list []status, complete bool) error {
	switch {
	case output != "":
		return encode(f, output, list)
	case len(list) > 0:
		return table(f, list)
	case complete:
		fmt.Fprintln(f.ErrOut, "No clusters found.")
	}
	return nil
}

func table(f *factory.Factory, list []status) error {
	w := printers.GetNewTabWriter(f.Out)
	fmt.Fprintln(w, "NAME\tSTATUS\tNODES\tCLOCK\tSERVER")
	for _, s := range list {
		state := "Stopped"
		switch {
		case s.Running && !s.Answers:
			state = "Unresponsive"
		case s.Running:
			state = "Running"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", s.Name, state, s.Options.Nodes, s.Options.Clock, s.Server)
	}
	return w.Flush()
}
