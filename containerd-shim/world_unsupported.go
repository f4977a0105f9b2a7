//go:build !linux

package containerdshim

import (
	"context"
	"errors"
	"io"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// World runs the containers of a cluster on containerd, which takes Linux.
type World struct{ options Options }

// Open returns an error.
func Open(context.Context, Options) (*World, error) {
	return nil, errors.New("containerd: real containers take Linux; use the simulated driver here")
}

// Nodes are none.
func (w *World) Nodes() []kubelet.Config { return nil }

// Join returns nil.
func (w *World) Join(controlplane.Host) controlplane.World { return nil }

// Console returns nil.
func (w *World) Console(controlplane.Edge) apiserver.Nodes { return nil }

func (w *World) load(context.Context, io.Reader) error { return errors.ErrUnsupported }
