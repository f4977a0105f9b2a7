package check

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// GRPC asks a service for its health.
func GRPC(ctx context.Context, dial Dial, c *kubelet.GRPCCheck, timeout time.Duration) (kubelet.Outcome, string) {
	conn, err := grpc.NewClient("passthrough:///"+c.Address,
		grpc.WithUserAgent(userAgent),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }),
	)
	if err != nil {
		return kubelet.Errored, err.Error()
	}
	defer conn.Close()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: c.Service})
	if err != nil {
		return kubelet.Failed, grpcFailure(err, c, timeout)
	}
	if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return kubelet.Failed, fmt.Sprintf("service unhealthy (responded with %q)", answer.GetStatus())
	}
	return kubelet.Succeeded, "service healthy"
}

func grpcFailure(err error, c *kubelet.GRPCCheck, timeout time.Duration) string {
	switch s, _ := status.FromError(err); s.Code() {
	case codes.Unimplemented:
		return fmt.Sprintf("error: this server does not implement the grpc health protocol (grpc.health.v1.Health): %s", s.Message())
	case codes.DeadlineExceeded:
		return fmt.Sprintf("timeout: health rpc did not complete within %v", timeout)
	case codes.Unavailable:
		return fmt.Sprintf("timeout: failed to connect service %q within %v: %s", c.Address, timeout, s.Message())
	}
	return fmt.Sprintf("error: health rpc probe failed: %v", err)
}
