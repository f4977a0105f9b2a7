package check

import (
	"context"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// TCP opens a connection.
func TCP(ctx context.Context, dial Dial, address string) (kubelet.Outcome, string) {
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return kubelet.Failed, err.Error()
	}
	_ = conn.Close() // it could be opened: that was the question
	return kubelet.Succeeded, ""
}
