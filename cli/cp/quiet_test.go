package cp

import (
	"context"
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"k8s.io/klog/v2"
)

// countingSink counts how often it is initialized.
type countingSink struct {
	logr.LogSink
	initialized *int
}

func (s countingSink) Init(info logr.RuntimeInfo) {
	*s.initialized++
	s.LogSink.Init(info)
}

func TestQuietOnceDone(t *testing.T) {
	var told []string
	initialized := 0
	behind := funcr.New(func(_, arguments string) { told = append(told, arguments) }, funcr.Options{})
	log := logr.New(countingSink{behind.GetSink(), &initialized})

	ctx, cancel := context.WithCancel(klog.NewContext(context.Background(), log))
	quiet := klog.FromContext(quietOnceDone(ctx))
	quiet.Error(errors.New("broken"), "before")
	cancel()
	quiet.Error(errors.New("broken"), "after")

	assert.Len(t, told, 1)
	assert.Contains(t, told[0], "before")
	assert.Equal(t, 1, initialized, "the log of others was initialized again")
}
