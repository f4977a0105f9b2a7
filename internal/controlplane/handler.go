package controlplane

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/apiserver"
)

// ClockHeader is the header in which every answer names the cluster's clock.
const ClockHeader = "Kubejig-Clock"

// clockPath is where a cluster's clock is read and moved. It is not part of
// Kubernetes' API, and no command needs it on a clock that is the wall's.
const clockPath = "/kubejig/v1/clock"

// ClockStatus is what clockPath answers with.
type ClockStatus struct {
	Clock string    `json:"clock"`
	Now   time.Time `json:"now"`
	// Idle says that nothing will happen any more, however long one waits.
	Idle bool `json:"idle"`
	// Reason says why, where Idle.
	Reason string `json:"reason,omitempty"`
}

// Server is the cluster's API server. The caller closes it.
func (c *ControlPlane) Server() *apiserver.Server { return c.server }

// Handler answers the API and the requests about the clock.
func (c *ControlPlane) Handler() http.Handler { return c.withClock(c.server) }

// withClock answers for the clock, and hands on everything else.
func (c *ControlPlane) withClock(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+clockPath, c.move(func(*http.Request) (bool, error) { return false, nil }))
	mux.HandleFunc("POST "+clockPath+"/settle", c.move(func(*http.Request) (bool, error) { return false, nil }))
	mux.HandleFunc("POST "+clockPath+"/step", c.move(func(*http.Request) (bool, error) { return c.Step(), nil }))
	mux.HandleFunc("POST "+clockPath+"/advance", c.move(func(r *http.Request) (bool, error) {
		d, err := time.ParseDuration(r.URL.Query().Get("duration"))
		if err != nil || d < 0 {
			return false, apierrors.NewBadRequest("duration must be a positive duration such as 90s or 1h30m")
		}
		return false, c.Advance(r.Context(), d)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(ClockHeader, c.clock.String())
		if r.URL.Path == clockPath || strings.HasPrefix(r.URL.Path, clockPath+"/") {
			mux.ServeHTTP(w, r)
			return
		}
		c.notePoll(r)
		next.ServeHTTP(w, r)
	})
}

// move answers a request that moves the clock.
func (c *ControlPlane) move(f func(*http.Request) (idle bool, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && c.clock == Wall {
			refuse(w, apierrors.NewBadRequest("the cluster's clock is the wall's: it can't be moved"))
			return
		}
		idle, err := f(r)
		if err != nil {
			refuse(w, err)
			return
		}
		status := ClockStatus{Clock: c.clock.String(), Now: c.Now(), Idle: idle}
		if idle {
			status.Reason = "nothing in the cluster can change any more"
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(status) // the client may be gone
	}
}

func refuse(w http.ResponseWriter, err error) {
	status := apierrors.NewInternalError(err).ErrStatus
	if s, ok := err.(apierrors.APIStatus); ok {
		status = s.Status()
	}
	status.Kind, status.APIVersion = "Status", "v1"
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	_ = json.NewEncoder(w).Encode(status) // the client may be gone
}
