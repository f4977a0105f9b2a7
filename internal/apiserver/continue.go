package apiserver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"

	"github.com/kubejig/kubejig/internal/store"
)

// continueToken says where a list goes on: at a revision (-1 for the latest),
// after a key within the listed namespace.
type continueToken struct {
	APIVersion string `json:"v"`
	Revision   int64  `json:"rv"`
	Start      string `json:"start"`
}

const continueVersion = "meta.k8s.io/v1"

const expiredContinue = "The provided continue parameter is too old " +
	"to display a consistent list result. You can start a new list without " +
	"the continue parameter, or use the continue token in this response to " +
	"retrieve the remainder of the results. Continuing with the provided " +
	"token results in an inconsistent list - objects that were created, " +
	"modified, or deleted between the time the first chunk was returned " +
	"and now may show up in the list."

// continueAfter is the token of a list that goes on after a key.
func continueAfter(key, namespace string, revision int64) string {
	token := continueToken{APIVersion: continueVersion, Revision: revision}
	token.Start = strings.TrimPrefix(key, store.Name(namespace, "")) + "\x00"
	data, err := json.Marshal(token)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseContinue(s string) (token continueToken, err error) {
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return token, fmt.Errorf("continue key is not valid: %w", err)
	}
	if err := json.Unmarshal(data, &token); err != nil {
		return token, fmt.Errorf("continue key is not valid: %w", err)
	}
	switch {
	case token.APIVersion != continueVersion:
		return token, fmt.Errorf("continue key is not valid: server does not recognize this encoded version %s", token.APIVersion)
	case token.Revision == 0:
		return token, errors.New("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
	case token.Start == "":
		return token, errors.New("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
	}
	// A token may not lead out of the list.
	if key := "/" + strings.TrimPrefix(token.Start, "/"); path.Clean(key) != key {
		return token, fmt.Errorf("continue key is not valid: %s", token.Start)
	}
	token.Start = strings.TrimPrefix(token.Start, "/")
	return token, nil
}

// continued is the view of a list that goes on, and the key it starts after.
func (c *call) continued(options *internalversion.ListOptions) (view store.View, start string, err error) {
	token, err := parseContinue(options.Continue)
	if err != nil {
		return view, "", apierrors.NewBadRequest(fmt.Sprintf("invalid continue token: %v", err))
	}
	if options.ResourceVersion != "" && options.ResourceVersion != "0" {
		return view, "", apierrors.NewBadRequest("specifying resource version is not allowed when using continue")
	}
	start = store.Name(c.namespace, strings.TrimSuffix(token.Start, "\x00"))
	c.Do(func() {
		s := c.Registry.Store
		switch {
		case token.Revision < 0:
			view = s.Latest(c.kind.GroupResource())
		case token.Revision > s.Revision():
			err = errTooLargeVersion(token.Revision, s.Revision())
		default:
			view, err = s.At(c.kind.GroupResource(), token.Revision)
		}
	})
	if err == nil || apierrors.IsTimeout(err) {
		return view, start, err
	}
	expired := apierrors.NewResourceExpired(expiredContinue)
	if errors.Is(err, store.ErrCompacted) {
		token.Revision = -1
		data, _ := json.Marshal(token)
		expired.ErrStatus.Continue = base64.RawURLEncoding.EncodeToString(data)
	}
	return view, "", expired
}
