package apiserver

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// connectVerbs are those of paths to which clients connect.
func connectVerbs(h handler) map[string]handler {
	return map[string]handler{"get": h, "create": h}
}

func (c *call) exec() error {
	options := &corev1.PodExecOptions{}
	if err := c.parameters(options); err != nil {
		return err
	}
	pod, err := c.hosted()
	if err != nil {
		return err
	}
	if options.Container, err = containerOf(pod, options.Container); err != nil {
		return err
	}
	if err := c.connect(options); err != nil {
		return err
	}
	wanted := remote.Wanted{Stdin: options.Stdin, Stdout: options.Stdout, Stderr: options.Stderr, TTY: options.TTY}
	if err := checkWanted(wanted); err != nil {
		return err
	}
	run, err := c.Nodes.Exec(c.r.Context(), pod, options)
	return c.remote(wanted, run, err)
}

func (c *call) attach() error {
	options := &corev1.PodAttachOptions{}
	if err := c.parameters(options); err != nil {
		return err
	}
	pod, err := c.hosted()
	if err != nil {
		return err
	}
	if options.Container, err = containerOf(pod, options.Container); err != nil {
		return err
	}
	if err := c.connect(options); err != nil {
		return err
	}
	wanted := remote.Wanted{Stdin: options.Stdin, Stdout: options.Stdout, Stderr: options.Stderr, TTY: options.TTY}
	if err := checkWanted(wanted); err != nil {
		return err
	}
	run, err := c.Nodes.Attach(c.r.Context(), pod, options)
	return c.remote(wanted, run, err)
}

func checkWanted(w remote.Wanted) error {
	if !w.Stdin && !w.Stdout && !w.Stderr {
		return apierrors.NewBadRequest("you must specify at least 1 of stdin, stdout, stderr")
	}
	return nil
}

// remote lets something run on a client's streams, if it can.
func (c *call) remote(wanted remote.Wanted, run remote.Run, err error) error {
	if err != nil {
		return c.refuseUpgrade(err)
	}
	defer c.waiting()()
	remote.Serve(c.w, c.r, wanted, run)
	return nil
}
