package logs

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/cli/color"
	"github.com/kubejig/kubejig/cli/factory"
)

// retryInterval is the pause before a log is asked for again that could not
// be followed yet.
const retryInterval = time.Second

// Print copies the log of one of the pod's containers to the run's output.
func Print(ctx context.Context, f *factory.Factory, pod *corev1.Pod, options *corev1.PodLogOptions) error {
	sources, err := Find(ctx, f, pod, Selection{Options: options})
	if err != nil {
		return err
	}
	for _, source := range sources {
		if err := Copy(ctx, source, f.Out); err != nil {
			return err
		}
	}
	return nil
}

// Copy copies a log to w, line by line.
func Copy(ctx context.Context, source Source, w io.Writer) error {
	stream, err := source.Request.Stream(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	reader := bufio.NewReader(stream)
	for {
		line, err := reader.ReadBytes('\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (o *options) printInTurn(ctx context.Context, f *factory.Factory, sources []Source) error {
	for _, source := range sources {
		if err := o.printOne(ctx, f, source, f.Out); err != nil {
			return err
		}
	}
	return nil
}

// printTogether follows all logs at once; lines stay whole. The first failure
// ends all.
func (o *options) printTogether(ctx context.Context, f *factory.Factory, sources []Source) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := factory.Shared(f.Out)
	failures := make(chan error, len(sources))
	for _, source := range sources {
		go func() { failures <- o.printOne(ctx, f, source, out) }()
	}
	for range sources {
		if err := <-failures; err != nil {
			return err
		}
	}
	return nil
}

// printOne prints one log. One that is followed is asked for again while the
// container is not ready for it.
func (o *options) printOne(ctx context.Context, f *factory.Factory, source Source, w io.Writer) error {
	out := w
	paint := color.Paint("")
	if o.colored {
		paint = color.For(source.Pod)
	}
	switch {
	case o.prefix:
		out = prefixWriter{prefix: paint.Text(fmt.Sprintf("[pod/%s/%s]", source.Pod, source.Container)) + " ", to: w}
	case o.colored:
		out = paintWriter{paint: paint, to: w}
	}
	deadline := time.Now().Add(o.podTimeout)
	for {
		err := Copy(ctx, source, out)
		switch {
		case err == nil:
			return nil
		case o.ignoreErrors:
			fmt.Fprintf(w, "error: %v\n", err)
			return nil
		case !o.log.Follow:
			return err
		}
		fmt.Fprintln(f.ErrOut, err)
		if _, ok := err.(apierrors.APIStatus); !ok {
			return err
		}
		if time.Now().Add(retryInterval).After(deadline) {
			return context.DeadlineExceeded
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryInterval):
		}
	}
}

// prefixWriter puts a prefix in front of each line.
type prefixWriter struct {
	prefix string
	to     io.Writer
}

func (w prefixWriter) Write(line []byte) (int, error) {
	if len(line) == 0 {
		return 0, nil
	}
	n, err := w.to.Write(append([]byte(w.prefix), line...))
	return min(n, len(line)), err
}

// paintWriter colours each line.
type paintWriter struct {
	paint color.Paint
	to    io.Writer
}

func (w paintWriter) Write(line []byte) (int, error) {
	text, end := bytes.CutSuffix(line, []byte("\n"))
	colored := w.paint.Text(string(text))
	if end {
		colored += "\n"
	}
	if len(line) == 0 {
		return 0, nil
	}
	n, err := io.WriteString(w.to, colored)
	return min(n, len(line)), err
}
