package certificates

import (
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

const (
	// keepSettled is how long a request stays after it was approved, denied or
	// failed, keepPending how long one that nobody looks at.
	keepSettled = time.Hour
	keepPending = 24 * time.Hour
)

// RunCleaner adds the controller that clears away old requests to the loop.
// Nobody waits for that, so its timers count as background.
func RunCleaner(r *registry.Registry) {
	c := account(r)
	controllers.RunInBackground(r, &controllers.Controller{
		Name:    "certificatesigningrequest-cleaner-controller",
		Watches: []controllers.Watch{controllers.Each(requests)},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			request, ok := client.Get[request](c, "", key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			end, ok := expiry(request)
			if left := end.Sub(r.Loop.Now()); !ok || left > 0 {
				return controllers.Result{After: left}, nil
			}
			if err := c.Delete(request, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return controllers.Result{}, err
			}
			return controllers.Result{}, nil
		},
	})
}

// expiry is when a request is to go; one that was settled at no known time
// stays.
func expiry(r request) (at time.Time, ok bool) {
	for _, kind := range []certificatesv1.RequestConditionType{
		certificatesv1.CertificateDenied, certificatesv1.CertificateFailed, certificatesv1.CertificateApproved,
	} {
		if c := condition(r, kind); c != nil {
			return c.LastUpdateTime.Add(keepSettled), !c.LastUpdateTime.IsZero()
		}
	}
	return r.CreationTimestamp.Add(keepPending), true
}
