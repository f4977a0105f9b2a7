package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

// clockPath is where a cluster's clock is read and moved.
const clockPath = "/kubejig/v1/clock"

// clockStatus is what it answers with.
type clockStatus struct {
	Now time.Time `json:"now"`
}

func newAdvance(f *factory.Factory) *cobra.Command {
	name := ""
	cmd := &cobra.Command{
		Use:   "advance DURATION",
		Short: "Let cluster time pass on a clock that is not wall",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return failure.Usage(cmd, "say how much time is to pass, as in: %s cluster advance 1h30m", f.Program)
			}
			if d, err := time.ParseDuration(args[0]); err != nil || d < 0 {
				return fmt.Errorf("%q is not a duration such as 90s or 1h30m", args[0])
			}
			return moveClock(cmd.Context(), f, name, "/advance", "duration", args[0])
		},
	}
	addNameFlag(cmd.Flags(), &name)
	return cmd
}

func newSettle(f *factory.Factory) *cobra.Command {
	name := ""
	cmd := &cobra.Command{
		Use:   "settle",
		Short: "Let everything happen that can at the current instant",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return moveClock(cmd.Context(), f, name, "/settle", "", "")
		},
	}
	addNameFlag(cmd.Flags(), &name)
	return cmd
}

func addNameFlag(flags *pflag.FlagSet, name *string) {
	flags.StringVar(name, "name", "", "Name of the cluster. Default: that of the current context.")
}

// clientFor speaks to a cluster that was started by name, or to that of the
// current context, which may be the one that a command runs in.
func clientFor(f *factory.Factory, name string) (*rest.RESTClient, error) {
	if name == "" {
		return f.RESTClient()
	}
	d, _, err := running(f, name)
	if err != nil {
		return nil, err
	}
	return restClient(d)
}

func moveClock(ctx context.Context, f *factory.Factory, name, path, parameter, value string) error {
	client, err := clientFor(f, name)
	if err != nil {
		return err
	}
	request := client.Post().AbsPath(clockPath + path)
	if parameter != "" {
		request = request.Param(parameter, value)
	}
	clock, err := readClock(ctx, request)
	if apierrors.IsNotFound(err) {
		return errors.New("the cluster's time can't be moved: it is no fake cluster")
	}
	if err != nil {
		return cmp.Or(stopped(f, err), err)
	}
	fmt.Fprintf(f.Out, "The cluster is at %s.\n", clock.Now.Format(time.RFC3339))
	return nil
}

// stopped is why a request got no answer, if that is because the cluster is one
// of ours and does not run.
func stopped(f *factory.Factory, err error) error {
	if unreached := (*url.Error)(nil); !errors.As(err, &unreached) {
		return nil
	}
	client, err := f.ToRESTConfig()
	if err != nil {
		return nil
	}
	config, err := f.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(config.Clusters)) {
		if isOurs(&config, name) && config.Clusters[name].Server == client.Host {
			_, _, err := running(f, name)
			return err
		}
	}
	return nil
}

// askClock reads a cluster's clock.
func askClock(ctx context.Context, d folder) (*clockStatus, error) {
	client, err := restClient(d)
	if err != nil {
		return nil, err
	}
	return readClock(ctx, client.Get().AbsPath(clockPath))
}

func readClock(ctx context.Context, request *rest.Request) (*clockStatus, error) {
	result := request.Do(ctx)
	if err := result.Error(); err != nil { // In the server's words, which DoRaw has not.
		return nil, err
	}
	data, err := result.Raw()
	if err != nil {
		return nil, err
	}
	clock := &clockStatus{}
	return clock, json.Unmarshal(data, clock)
}
