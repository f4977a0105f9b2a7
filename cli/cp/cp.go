// Package cp is "kubectl cp": files and folders to and from containers, with
// the help of tar in the container.
package cp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/exec"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
)

type copier struct {
	f      *factory.Factory
	parent string // The program, as in hints.

	container  string
	image      string // Of an ephemeral container to copy through.
	noPreserve bool
	retries    int
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	c := &copier{f: f, parent: f.Program}
	cmd := &cobra.Command{
		Use:                   "cp <file-spec-src> <file-spec-dest>",
		DisableFlagsInUseLine: true,
		Short:                 "Copy files and directories to and from containers",
		Long:                  "Copy a file or a folder to or from a container, which needs the program tar. Files in containers are [[NAMESPACE/]POD:]PATH.",
		Example: `  # To a pod of another namespace
  kubectl cp ./site prod/web-0:/usr/share/nginx/html

  # From a container of a pod
  kubectl cp -c nginx web-0:/var/log/nginx ./logs

  # From a container that has no tar
  kubectl cp --through=busybox web-0:/etc/config ./config`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	flags.AddContainer(cmd, &c.container)
	cmd.Flags().BoolVar(&c.noPreserve, "no-preserve", false, "Do not keep owners and permissions in the container.")
	cmd.Flags().IntVar(&c.retries, "retries", 0, "How often to resume a copy from a container that breaks off; negative for ever.")
	cmd.Flags().StringVar(&c.image, "through", "", "Copy through an ephemeral container with this image, for containers that have no tar. It stays in the pod's spec when it has ended.")
	return cmd
}

func (c *copier) run(ctx context.Context, args []string) error {
	namespace, _, err := c.f.Namespace()
	if err != nil {
		return err
	}
	if len(args) != 2 {
		return fmt.Errorf("source and destination are required")
	}
	from, err := parse(args[0], namespace)
	if err != nil {
		return err
	}
	to, err := parse(args[1], namespace)
	if err != nil {
		return err
	}
	switch {
	case from.pod != "" && to.pod != "":
		return fmt.Errorf("one of src or dest must be a local file specification")
	case from.path == "" || to.path == "":
		return errors.New("filepath can not be empty")
	}
	if c.image != "" {
		if err := c.checkThrough(from, to); err != nil {
			return err
		}
		return c.runThrough(ctx, from, to)
	}
	return c.copy(ctx, from, to)
}

// checkThrough finds what is wrong before the pod gets a container that nobody
// can remove.
func (c *copier) checkThrough(from, to place) error {
	if from.pod == "" && to.pod == "" {
		return errNotRemote
	}
	if from.pod == "" {
		return c.checkLocal(from.path)
	}
	return nil
}

// runThrough copies through an ephemeral container.
func (c *copier) runThrough(ctx context.Context, from, to place) error {
	inPod := &from
	if to.pod != "" {
		inPod = &to
	}
	seen, end, err := c.through(ctx, *inPod)
	if err != nil {
		return err
	}
	defer end()
	*inPod = seen
	return c.copy(ctx, from, to)
}

var errNotRemote = errors.New("one of src or dest must be a remote file specification")

// copy copies until it is done or a signal ends it; it then leaves nothing half
// written here, and says so of what is in the pod.
func (c *copier) copy(ctx context.Context, from, to place) error {
	unlessTerminated, stop := c.f.Terminable(ctx)
	defer stop()
	err := c.transfer(unlessTerminated, from, to)
	if unlessTerminated.Err() == nil || ctx.Err() != nil {
		return err
	}
	if to.pod != "" {
		fmt.Fprintf(c.f.ErrOut, "warning: %s in pod %s may be incomplete\n", to.path, to.pod)
	}
	return failure.Silent
}

func (c *copier) transfer(ctx context.Context, from, to place) error {
	switch {
	case from.pod != "":
		return c.download(ctx, from, to.path)
	case to.pod != "":
		return c.upload(ctx, from.path, to)
	}
	return errNotRemote
}

// exec runs a command in the container that the place is in.
func (c *copier) exec(ctx context.Context, where place, in io.Reader, out, errOut io.Writer, command ...string) error {
	pod, err := pods.Get(ctx, c.f, where.namespace, where.pod)
	if err != nil {
		return err
	}
	container, err := exec.Container(c.f, pod, c.container, errOut)
	if err != nil {
		return err
	}
	return exec.Command(ctx, c.f, pod, container, command, remote.Streams{In: in, Out: out, ErrOut: errOut})
}

// place is a file, of a pod or, without one, local.
type place struct {
	namespace, pod, path string
	typedNamespace       string
}

func parse(typed, namespace string) (place, error) {
	before, path, remote := strings.Cut(typed, ":")
	if !remote {
		return place{path: withoutSlash(typed)}, nil
	}
	parts := strings.Split(before, "/")
	if before == "" || len(parts) > 2 {
		return place{}, errors.New("filespec must match the canonical format: [[namespace/]pod:]file/path")
	}
	found := place{namespace: namespace, pod: parts[len(parts)-1], path: slashed(path)}
	if len(parts) == 2 && parts[0] != "" {
		found.namespace, found.typedNamespace = parts[0], parts[0]
	}
	return found, nil
}

// slashed is a path in a container: with slashes only, none at the end.
func slashed(path string) string {
	return strings.ReplaceAll(withoutSlash(path), `\`, "/")
}

func withoutSlash(path string) string {
	if path == "/" {
		return path
	}
	return strings.TrimSuffix(path, "/")
}
