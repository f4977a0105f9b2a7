package apiserver

import (
	"context"
	"io"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *call) log() error {
	options := &corev1.PodLogOptions{}
	if err := c.parameters(options); err != nil {
		return err
	}
	if errs := validateLogOptions(options); len(errs) > 0 {
		return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("PodLogOptions").GroupKind(), c.name, errs)
	}
	pod, err := c.pod()
	if err != nil {
		return err
	}
	if options.Container, err = containerOf(pod, options.Container); err != nil {
		return err
	}
	if pod.Spec.NodeName == "" {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if err := c.checkNodes(); err != nil {
		return err
	}
	ctx := c.r.Context()
	if options.Follow {
		defer c.waiting()()
		var cancel context.CancelFunc
		ctx, cancel = c.untilClosed()
		defer cancel()
	}
	log, err := c.Nodes.Logs(ctx, pod, options)
	if err != nil {
		return err
	}
	defer log.Close()
	c.w.Header().Set("Content-Type", "text/plain")
	c.copy(log, options.Follow)
	return nil
}

// untilClosed is the request's context, which ends with the server, too.
func (c *call) untilClosed() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(c.r.Context())
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// copy sends what a stream has, at once where somebody waits for it.
func (c *call) copy(from io.Reader, follow bool) {
	var to io.Writer = c.w
	if follow {
		flush := http.NewResponseController(c.w)
		_ = flush.Flush()
		to = flushing{c.w, flush}
	}
	_, _ = io.Copy(to, from) // either side may be gone
}

// flushing sends each write at once.
type flushing struct {
	io.Writer
	control *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.Writer.Write(p)
	if err == nil {
		err = f.control.Flush()
	}
	return n, err
}

func validateLogOptions(o *corev1.PodLogOptions) field.ErrorList {
	var errs field.ErrorList
	if o.TailLines != nil {
		errs = append(errs, apivalidation.ValidateNonnegativeField(*o.TailLines, field.NewPath("tailLines"))...)
	}
	if o.LimitBytes != nil && *o.LimitBytes < 1 {
		errs = append(errs, field.Invalid(field.NewPath("limitBytes"), *o.LimitBytes, "must be greater than 0"))
	}
	switch {
	case o.SinceSeconds != nil && o.SinceTime != nil:
		errs = append(errs, field.Forbidden(field.NewPath(""), "at most one of `sinceTime` or `sinceSeconds` may be specified"))
	case o.SinceSeconds != nil && *o.SinceSeconds < 1:
		errs = append(errs, field.Invalid(field.NewPath("sinceSeconds"), *o.SinceSeconds, "must be greater than 0"))
	}
	if o.Stream != nil {
		errs = append(errs, field.Forbidden(field.NewPath("stream"), "may not be specified"))
	}
	return errs
}
