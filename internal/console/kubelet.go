package console

import (
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
)

// Kubelet is the part of a node's own API that a simulated node has.
func (c *Console) Kubelet(*corev1.Node) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "ok")
	})
	return mux
}
