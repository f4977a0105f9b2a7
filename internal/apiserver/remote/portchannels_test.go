package remote_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// What a client forwarded to ends with the client, though it would go on.
func TestPortChannelsEndWithTheirClient(t *testing.T) {
	ended := make(chan struct{})
	forward := func(ctx context.Context, _ uint16, conn io.ReadWriteCloser) error {
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		<-ctx.Done()
		return ctx.Err()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		remote.ServePortChannels(w, r, "p", []uint16{80, 81}, forward)
	}))
	defer server.Close()
	dialer := websocket.Dialer{Subprotocols: []string{"v4.channel.k8s.io"}}
	conn, _, err := dialer.DialContext(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil)
	require.NoError(t, err)
	for range 4 {
		_, _, err := conn.ReadMessage()
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	<-ended
}
