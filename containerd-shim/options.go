package containerdshim

import (
	"context"
	"io"
	"time"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// Options say how containers are run.
type Options struct {
	// Name of the cluster; it keeps clusters on one machine apart. Default:
	// kubejig.
	Name string
	// Dir is where everything is kept, and found again after a crash. It is
	// removed by Close. Default: a folder of the cluster's name in
	// /run/kubejig.
	Dir string
	// Socket of the containerd to use. Default: one is started for the cluster
	// alone.
	Socket string
	// RBAC lets roles decide who may do what; without it, everybody may do
	// everything.
	RBAC bool
	// Tokens issues service account tokens, and says when each expires. Default:
	// the cluster that Start starts.
	Tokens func(context.Context, kubelet.Token) (token string, expires time.Time, err error)
	// Complaints is where failures are written of which nobody else would hear.
	// Default: nowhere.
	Complaints io.Writer
}
