package cluster

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/fakecluster"
)

// options are the flags that say what a cluster is like.
type options struct {
	Nodes         int    `json:"nodes"`
	Seed          uint64 `json:"seed"`
	Clock         string `json:"clock"`
	StartTime     string `json:"startTime,omitempty"`
	Authorization string `json:"authorization"`
	TokenAuthFile string `json:"tokenAuthFile,omitempty"`
	Driver        string `json:"driver"`
	// Socket and Load are for the containerd driver.
	Socket string   `json:"socket,omitempty"`
	Load   []string `json:"load,omitempty"`
}

// Drivers.
const (
	fakeDriver       = "fake"
	containerdDriver = "containerd"
)

// defaultClock is what people expect of a cluster that they talk to.
const defaultClock = "wall"

func (o *options) addFlags(flags *pflag.FlagSet) {
	flags.IntVar(&o.Nodes, "nodes", fakecluster.DefaultNodes, "Number of nodes, named node-1, node-2 and so on.")
	flags.Uint64Var(&o.Seed, "seed", 1, "Seed of all that is random in the cluster: names, UIDs, addresses.")
	flags.StringVar(&o.Clock, "clock", defaultClock, "How time passes. One of: (wall, manual, auto). A manual clock moves only when told to; an auto clock jumps on when somebody waits.")
	flags.StringVar(&o.StartTime, "start-time", "", "First instant of a clock that is not wall, as in 2026-01-01T00:00:00Z. Default: now.")
	flags.StringVar(&o.Authorization, "authorization", "AlwaysAllow", "Who may do what. One of: (AlwaysAllow, RBAC).")
	flags.StringVar(&o.TokenAuthFile, "token-auth-file", "", "CSV file of static tokens: token,user,uid,\"group1,group2\".")
	flags.StringVar(&o.Driver, "driver", fakeDriver, "What runs the containers. One of: (fake, containerd).")
	flags.StringVar(&o.Socket, "containerd-socket", "", "With the containerd driver: socket of the containerd to use. Default: one is started for the cluster.")
	flags.StringArrayVar(&o.Load, "load", nil, "With the containerd driver: archive of images (OCI or docker save) to load into the node. May be repeated.")
}

// complete adapts defaults to the driver: real containers have one node, so
// far, and live by the wall clock.
func (o *options) complete(flags *pflag.FlagSet) error {
	if o.StartTime != "" && o.Clock == fakecluster.Wall.String() {
		return errors.New("--start-time is for clocks that are not wall: use --clock manual or --clock auto")
	}
	if o.Driver != containerdDriver {
		if o.Socket != "" || len(o.Load) > 0 {
			return errors.New("--containerd-socket and --load are for --driver containerd")
		}
		return nil
	}
	if flags.Changed("seed") {
		return errors.New("--seed is for simulated nodes: real containers are not decided by one")
	}
	if !flags.Changed("nodes") {
		o.Nodes = 1
	}
	if !flags.Changed("clock") {
		o.Clock = "wall"
	}
	for i, path := range o.Load {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return err
		}
		o.Load[i] = absolute
	}
	return o.checkContainerd()
}

// summary is what a cluster is like, in a few words.
func (o *options) summary() string {
	nodes := fmt.Sprintf("%d nodes", o.Nodes)
	if o.Nodes == 1 {
		nodes = "1 node"
	}
	if o.Driver == containerdDriver {
		return nodes + " on containerd"
	}
	return fmt.Sprintf("%s, %s clock, seed %d", nodes, o.Clock, o.Seed)
}

// maxNodes is twice what Kubernetes is made for, and started in seconds.
const maxNodes = 10_000

// fake turns the flags into options of a fake cluster.
func (o *options) fake(name string, now time.Time) ([]fakecluster.Option, error) {
	if o.Nodes > maxNodes {
		return nil, fmt.Errorf("--nodes: a cluster can't have more than %d", maxNodes)
	}
	clock, err := fakecluster.ParseClock(o.Clock)
	if err != nil {
		return nil, fmt.Errorf("--clock: %w", err)
	}
	start := now
	if o.StartTime != "" {
		if start, err = time.Parse(time.RFC3339, o.StartTime); err != nil {
			return nil, fmt.Errorf("--start-time: %q is not a time such as 2026-01-01T00:00:00Z", o.StartTime)
		}
	}
	opts := []fakecluster.Option{
		fakecluster.WithName(name),
		fakecluster.WithNodes(o.Nodes),
		fakecluster.WithSeed(o.Seed),
		fakecluster.WithClock(clock),
		fakecluster.WithStart(start.UTC().Truncate(time.Second)),
		fakecluster.WithAuthorization(o.Authorization),
	}
	if o.TokenAuthFile != "" {
		opts = append(opts, fakecluster.WithTokenAuthFile(o.TokenAuthFile))
	}
	return opts, nil
}
