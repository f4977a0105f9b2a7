package cp

import (
	"context"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quietOnceDone is ctx with a log that tells no errors once ctx is done: what
// breaks off when a copy has been given up is none.
func quietOnceDone(ctx context.Context) context.Context {
	return klog.NewContext(ctx, logr.New(quietSink{klog.FromContext(ctx).GetSink(), ctx}))
}

type quietSink struct {
	logr.LogSink
	ctx context.Context
}

// Init does nothing: the sink behind is shared with other runs, and has been
// initialized by the logger it is from.
func (s quietSink) Init(logr.RuntimeInfo) {}

func (s quietSink) Error(err error, message string, keysAndValues ...any) {
	if s.ctx.Err() == nil {
		s.LogSink.Error(err, message, keysAndValues...)
	}
}

func (s quietSink) WithValues(keysAndValues ...any) logr.LogSink {
	return quietSink{s.LogSink.WithValues(keysAndValues...), s.ctx}
}

func (s quietSink) WithName(name string) logr.LogSink {
	return quietSink{s.LogSink.WithName(name), s.ctx}
}
