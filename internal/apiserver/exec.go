package apiserver

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// connectVerbs are those of paths to which clients connect.
func connectVerbs(h handler) map[string]handler {
	return map[string]handler{"get": h, "create": h}
}

func (c *call) exec() error {
	o := &corev1.PodExecOptions{}
	return c.interact(o, &o.Container, func(pod *corev1.Pod) (remote.Wanted, starter) {
		return remote.Wanted{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, TTY: o.TTY},
			func(ctx context.Context) (remote.Run, error) { return c.Nodes.Exec(ctx, pod, o) }
	})
}

func (c *call) attach() error {
	o := &corev1.PodAttachOptions{}
	return c.interact(o, &o.Container, func(pod *corev1.Pod) (remote.Wanted, starter) {
		return remote.Wanted{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, TTY: o.TTY},
			func(ctx context.Context) (remote.Run, error) { return c.Nodes.Attach(ctx, pod, o) }
	})
}

// starter starts what a client's streams are for.
type starter func(ctx context.Context) (remote.Run, error)

// interact connects a client's streams with a container, which options name and
// which is then made sure of. of tells what options ask for, once they are read.
func (c *call) interact(options runtime.Object, container *string, of func(*corev1.Pod) (remote.Wanted, starter)) error {
	if err := c.parameters(options); err != nil {
		return err
	}
	if err := c.connect(options); err != nil {
		return err
	}
	pod, err := c.pod()
	if err != nil {
		return err
	}
	if *container, err = containerOf(pod, *container); err != nil {
		return err
	}
	if err := c.checkHosted(pod); err != nil {
		return err
	}
	wanted, start := of(pod)
	if err := checkWanted(wanted); err != nil {
		return err
	}
	run, err := start(c.r.Context())
	if err != nil {
		return c.refuseUpgrade(err)
	}
	defer c.waiting()()
	remote.Serve(c.w, c.r, wanted, run)
	return nil
}

func checkWanted(w remote.Wanted) error {
	if !w.Stdin && !w.Stdout && !w.Stderr {
		return apierrors.NewBadRequest("you must specify at least 1 of stdin, stdout, stderr")
	}
	return nil
}
