package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/scheme"
)

const (
	// startTimeout is how long a cluster in the background may take to answer.
	startTimeout = 30 * time.Second
	// startPoll is how often it is asked.
	startPoll = 5 * time.Millisecond
)

type start struct {
	options
	*factory.Factory
	name       string
	at         endpoint
	foreground bool
}

func newStart(f *factory.Factory) *cobra.Command {
	s := &start{Factory: f}
	cmd := &cobra.Command{
		Use:   "start [NAME]",
		Short: "Start a fake cluster and make it the current context",
		Args:  atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s.name = nameArgument(args)
			if err := s.complete(cmd.Flags()); err != nil {
				return err
			}
			if err := s.at.check(); err != nil {
				return err
			}
			if s.foreground {
				return s.serve(cmd.Context())
			}
			return s.launch(cmd.Context())
		},
	}
	s.addFlags(cmd.Flags())
	s.at.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&s.foreground, "foreground", false, "Stay in the foreground and serve until interrupted.")
	return cmd
}

// launch starts this program again in the background, waits until the cluster
// answers, and merges its context.
func (s *start) launch(ctx context.Context) error {
	d, err := s.free()
	if err != nil {
		return err
	}
	if _, err := s.fake(s.name, s.Now()); err != nil {
		return err // better here than in the background's log
	}
	ctx, stop := s.Terminable(ctx)
	defer stop()
	context.AfterFunc(ctx, stop) // A second signal ends us as it is.
	st, err := s.background(ctx, d)
	if err != nil {
		return err
	}
	if err := s.adopt(d, st); err != nil {
		return fmt.Errorf("cluster %q is stopped again: %w", s.name, errors.Join(err, end(d, st.PID)))
	}
	fmt.Fprintf(s.Out, "Cluster %q is ready at %s: %s.\n", s.name, st.Server, s.summary())
	fmt.Fprintf(s.Out, "Context %q is now the current one in %s.\n", s.name, st.Kubeconfig)
	return nil
}

// free makes sure that no cluster of the name runs, and that none that is not
// ours has it.
func (s *start) free() (folder, error) {
	d, err := folderOf(s.Factory, s.name)
	if err != nil {
		return "", err
	}
	old, err := d.read()
	switch pid := d.server(old, err); {
	case pid != 0 && err != nil:
		return "", broken(s.Factory, d, err)
	case pid != 0:
		return "", fmt.Errorf("cluster %q is running already, at %s (process %d); stop it with: %s cluster stop %s",
			s.name, old.Server, pid, s.Program, s.name)
	}
	return d, checkNames(s.Factory, s.name)
}

// background starts the cluster in a process of its own. If it does not start,
// or the user does not want it to any more, there is no such process.
func (s *start) background(ctx context.Context, d folder) (*state, error) {
	known := d.exists()
	process, err := s.spawn(d)
	if err != nil {
		return nil, fmt.Errorf("cluster %q did not start: %w", s.name, err)
	}
	st, err := awaitReady(ctx, d, process)
	switch {
	case err == nil:
		return st, nil
	case ctx.Err() == nil:
		return nil, fmt.Errorf("cluster %q did not start: %w; its log is %s", s.name, err, d.log())
	case !known && d.server(d.read()) == 0: // Nor did anybody else start it.
		err = d.remove()
	default:
		err = nil
	}
	return nil, errors.Join(fmt.Errorf("cluster %q did not start: interrupted", s.name), err)
}

func (s *start) spawn(d folder) (*exec.Cmd, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(d.log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, s.arguments()...)
	if _, err := fmt.Fprintln(log, cmd); err != nil { // Nor could the cluster say what is wrong.
		return nil, err
	}
	cmd.Env = append(os.Environ(), "HOME="+s.Home)
	cmd.Stdout, cmd.Stderr = log, log
	detach(cmd)
	return cmd, cmd.Start()
}

func (s *start) arguments() []string {
	args := []string{
		"cluster", "start", s.name, "--foreground",
		"--nodes", strconv.Itoa(s.Nodes),
		"--clock", s.Clock,
		"--authorization", s.Authorization, "--driver", s.Driver,
	}
	if s.Driver == fakeDriver {
		args = append(args, "--seed", strconv.FormatUint(s.Seed, 10))
	}
	if s.StartTime != "" {
		args = append(args, "--start-time", s.StartTime)
	}
	if s.TokenAuthFile != "" {
		args = append(args, "--token-auth-file", s.TokenAuthFile)
	}
	if s.Socket != "" {
		args = append(args, "--containerd-socket", s.Socket)
	}
	for _, path := range s.Load {
		args = append(args, "--load", path)
	}
	return append(args, s.at.arguments()...)
}

// awaitReady waits until the process has written its state and answers. If it
// does not, the process is ended.
func awaitReady(ctx context.Context, d folder, process *exec.Cmd) (*state, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	exited := make(chan error, 1)
	go func() { exited <- process.Wait() }()
	ticker := time.NewTicker(startPoll)
	defer ticker.Stop()
	for {
		if st, err := d.read(); err == nil && st != nil && st.PID == process.Process.Pid && ready(ctx, d) {
			return st, nil
		}
		select {
		case <-exited:
			return nil, lastWords(d)
		case <-ctx.Done():
			abandon(d, process, exited)
			return nil, errors.New("it does not answer")
		case <-ticker.C:
		}
	}
}

// abandon ends a process that has not become a cluster, politely first. What
// fails then is that it has ended already.
func abandon(d folder, process *exec.Cmd, exited <-chan error) {
	pid := process.Process.Pid
	_ = terminate(pid)
	select {
	case <-exited:
	case <-time.After(stopTimeout):
		_ = kill(pid)
		<-exited
	}
	if st, err := d.read(); err == nil && st != nil && st.PID == pid {
		_ = d.forget()
	}
}

// lastWords is what a process that ended too early said.
func lastWords(d folder) error {
	const longest = 2000
	data, err := os.ReadFile(d.log())
	if err != nil {
		return err
	}
	_, data, _ = bytes.Cut(data, []byte("\n")) // The first line is the command.
	if len(data) == 0 {
		return errors.New("it ended at once")
	}
	words := strings.TrimSpace(string(data[max(0, len(data)-longest):]))
	return errors.New(strings.TrimPrefix(words, "error: "))
}

// ready asks a cluster whether it is.
func ready(ctx context.Context, d folder) bool {
	client, err := restClient(d)
	if err != nil {
		return false
	}
	_, err = client.Get().AbsPath("/readyz").DoRaw(ctx)
	return err == nil
}

// restClient speaks to a cluster with the kubeconfig in its folder.
func restClient(d folder) (*rest.RESTClient, error) {
	config, err := clientcmd.BuildConfigFromFlags("", d.kubeconfig())
	if err != nil {
		return nil, err
	}
	config.NegotiatedSerializer = scheme.Codecs().WithoutConversion()
	return rest.UnversionedRESTClientFor(config)
}

// adopt makes a cluster that has started the user's.
func (s *start) adopt(d folder, st *state) error {
	own, err := clientcmd.LoadFromFile(d.kubeconfig())
	if err != nil {
		return err
	}
	if st.Kubeconfig, err = merge(s.Factory, s.name, own); err != nil {
		return fmt.Errorf("its context can't be written: %w", err)
	}
	if err := d.write(st, own); err != nil {
		return errors.Join(err, unmerge(s.Factory, s.name))
	}
	return nil
}

// serve runs the cluster in this process until it is interrupted.
func (s *start) serve(ctx context.Context) error {
	d, err := folderOf(s.Factory, s.name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return err
	}
	if err := hold(d); err != nil {
		return fmt.Errorf("cluster %q: %w", s.name, err)
	}
	if err := d.forget(); err != nil {
		return err
	}
	ctx, stop := s.Terminable(ctx)
	defer stop()
	world, err := s.open(ctx, s.name, s.at, s.Now(), s.ErrOut)
	if err != nil {
		return err
	}
	defer world.close()
	st := &state{Name: s.name, Server: world.url, PID: os.Getpid(), Started: time.Now(), Options: s.options}
	if err := d.write(st, world.kubeconfig); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Serving cluster %q at %s; its kubeconfig is %s\n", s.name, world.url, d.kubeconfig())
	<-ctx.Done()
	return d.forget()
}
