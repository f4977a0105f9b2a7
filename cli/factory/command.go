package factory

import (
	"net/http"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// command tells the server which command its requests come from, so that its
// audit log can tell the requests of one run from those of others.
type command struct {
	path, session string
}

// Announce names the command of this run to the server from here on.
func (f *Factory) Announce(cmd *cobra.Command) {
	f.command = command{path: cmd.CommandPath(), session: uuid.NewString()}
}

// Unannounced leaves requests as they are: they are somebody else's.
func (f *Factory) Unannounced() { f.command = command{} }

// announced adds the command to requests.
func (c *command) announced(next http.RoundTripper) http.RoundTripper {
	return &announcer{next: next, command: *c}
}

type announcer struct {
	next    http.RoundTripper
	command command
}

func (a *announcer) RoundTrip(request *http.Request) (*http.Response, error) {
	if a.command.path == "" {
		return a.next.RoundTrip(request)
	}
	request = request.Clone(request.Context())
	request.Header.Set("Kubectl-Command", a.command.path)
	request.Header.Set("Kubectl-Session", a.command.session)
	return a.next.RoundTrip(request)
}

// WrappedRoundTripper lets client-go find the transport below.
func (a *announcer) WrappedRoundTripper() http.RoundTripper { return a.next }

// CancelRequest is what clients with a timeout look for, and complain without.
// There is nothing left to do: the request's context ends as well.
func (a *announcer) CancelRequest(*http.Request) {}
