package fakecluster

import (
	"net/netip"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/console"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/simulation/node"
	"github.com/kubejig/kubejig/internal/tokens"
)

var serviceAccounts = schema.GroupResource{Resource: "serviceaccounts"}

// apiServer is where the API server of every cluster is for pods: in the network
// of the nodes, at an address that none of them has.
var apiServer = netip.MustParseAddrPort("192.168.255.254:6443")

// simulate gives a cluster's nodes simulated containers.
func simulate(o *controlplane.Options) {
	o.Advertised = apiServer
	o.World = node.New(node.Options{Seed: o.Seed, Token: podToken(o.Authentication.ServiceAccounts), APIServer: apiServer})
	o.Streams = func(w controlplane.World, e controlplane.Edge) apiserver.Nodes {
		return &console.Console{
			World: w.(*node.World).Simulation(), Do: e.Do, Now: e.Now, Waiting: e.Waiting,
		}
	}
}

// podToken issues the tokens that pods find in their files. Most are never
// read, so they are signed when they are.
func podToken(issuer *tokens.Issuer) func(controlplane.Host, kubelet.Token) (func() []byte, error) {
	return func(h controlplane.Host, t kubelet.Token) (func() []byte, error) {
		item := h.Registry.Store.Get(serviceAccounts, t.Namespace, t.ServiceAccount)
		if item == nil {
			return nil, apierrors.NewNotFound(serviceAccounts, t.ServiceAccount)
		}
		audience := t.Audience
		if audience == "" {
			audience = issuer.URL
		}
		now := h.Registry.Loop.Now().Unix()
		claims := tokens.Claims{
			Audience: []string{audience}, IssuedAt: now, NotBefore: now, Expires: now + t.Seconds,
			Bound: tokens.Bound{
				Namespace:      t.Namespace,
				Pod:            &tokens.Reference{Name: t.Pod, UID: string(t.UID)},
				ServiceAccount: tokens.Reference{Name: t.ServiceAccount, UID: string(item.Object.GetUID())},
			},
		}
		return func() []byte {
			token, _ := issuer.Issue(claims) // a key in memory does not fail to sign
			return []byte(token)
		}, nil
	}
}
