package testkit_test

import (
	"net/http"

	"k8s.io/client-go/transport"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

type controllerOptions = controller.Options

type recorder struct {
	log   *[]string
	inner http.RoundTripper
}

func (r recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	response, err := r.inner.RoundTrip(q)
	if err == nil {
		*r.log = append(*r.log, q.Method+" "+q.URL.Path+" "+response.Status)
	}
	return response, err
}

// recorded notes what comes of requests.
func recorded(log *[]string) transport.WrapperFunc {
	return func(inner http.RoundTripper) http.RoundTripper { return recorder{log, inner} }
}
