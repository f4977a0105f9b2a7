package controlplane

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/apiservice"
	"github.com/kubejig/kubejig/internal/controllers/certificates"
	"github.com/kubejig/kubejig/internal/controllers/clusterroleaggregation"
	"github.com/kubejig/kubejig/internal/controllers/cronjob"
	"github.com/kubejig/kubejig/internal/controllers/daemonset"
	"github.com/kubejig/kubejig/internal/controllers/deployment"
	"github.com/kubejig/kubejig/internal/controllers/disruption"
	"github.com/kubejig/kubejig/internal/controllers/endpoint"
	"github.com/kubejig/kubejig/internal/controllers/endpointslice"
	"github.com/kubejig/kubejig/internal/controllers/endpointslicemirroring"
	"github.com/kubejig/kubejig/internal/controllers/ephemeralvolume"
	"github.com/kubejig/kubejig/internal/controllers/eventttl"
	"github.com/kubejig/kubejig/internal/controllers/flowcontrol"
	"github.com/kubejig/kubejig/internal/controllers/garbagecollector"
	"github.com/kubejig/kubejig/internal/controllers/horizontalpodautoscaler"
	"github.com/kubejig/kubejig/internal/controllers/job"
	"github.com/kubejig/kubejig/internal/controllers/kubernetesservice"
	"github.com/kubejig/kubejig/internal/controllers/namespace"
	"github.com/kubejig/kubejig/internal/controllers/nodeipam"
	"github.com/kubejig/kubejig/internal/controllers/nodelifecycle"
	"github.com/kubejig/kubejig/internal/controllers/persistentvolume"
	"github.com/kubejig/kubejig/internal/controllers/podgc"
	"github.com/kubejig/kubejig/internal/controllers/replicaset"
	"github.com/kubejig/kubejig/internal/controllers/resourcequota"
	"github.com/kubejig/kubejig/internal/controllers/rootcacertpublisher"
	"github.com/kubejig/kubejig/internal/controllers/serviceaccount"
	"github.com/kubejig/kubejig/internal/controllers/serviceaccounttoken"
	"github.com/kubejig/kubejig/internal/controllers/servicecidr"
	"github.com/kubejig/kubejig/internal/controllers/servicelb"
	"github.com/kubejig/kubejig/internal/controllers/statefulset"
	"github.com/kubejig/kubejig/internal/controllers/tainteviction"
	"github.com/kubejig/kubejig/internal/controllers/ttl"
	"github.com/kubejig/kubejig/internal/controllers/ttlafterfinished"
	"github.com/kubejig/kubejig/internal/controllers/validatingadmissionpolicystatus"
	"github.com/kubejig/kubejig/internal/controllers/volumeprotection"
	"github.com/kubejig/kubejig/internal/tokens"
)

// runControllers adds the controllers to the loop, in an order that never
// depends on anything.
func (c *ControlPlane) runControllers() {
	r := c.registry
	namespace.Run(r)
	garbagecollector.Run(r)
	nodelifecycle.Run(r)
	eventttl.Run(r)
	certificates.RunCleaner(r)
	resourcequota.Run(r)
	c.autoscaler = horizontalpodautoscaler.Run(r, c.autoscalingMetrics())
	for _, controller := range []*controllers.Controller{
		serviceaccount.New(r),
		rootcacertpublisher.New(r, c.rootCA()),
		nodeipam.New(r, c.options.PodRange),
		ttl.New(r),
		tainteviction.New(r),
		podgc.New(r),
		endpoint.New(r),
		endpointslice.New(r, c.hinted),
		deployment.New(r),
		replicaset.New(r),
		replicaset.NewReplicationController(r),
		statefulset.New(r),
		job.New(r),
		cronjob.New(r),
		ttlafterfinished.New(r),
		disruption.New(r),
		endpointslicemirroring.New(r),
		persistentvolume.New(r),
		volumeprotection.NewForClaims(r),
		volumeprotection.NewForVolumes(r),
		volumeprotection.NewForClasses(r),
		ephemeralvolume.New(r),
		certificates.NewApprover(r, c.authorizer()),
		certificates.NewSigner(r, certificates.Authority{Certificate: c.authority.certificate, Key: c.authority.key}),
		servicelb.New(r, loadBalancerPools()...),
		daemonset.New(r, c.daemons),
		clusterroleaggregation.New(r),
		flowcontrol.New(r),
		apiservice.New(r),
		servicecidr.New(r),
		validatingadmissionpolicystatus.New(r),
	} {
		controllers.Run(r, controller)
	}
	if issuer := c.options.Authentication.ServiceAccounts; issuer != nil {
		controllers.Run(r, serviceaccounttoken.New(r, c.rootCA(), secretTokens(issuer)))
	}
	controllers.RunInBackground(r, kubernetesservice.New(r, c.serverAddresses()))
}

// secretTokens signs the tokens that Secrets carry.
func secretTokens(issuer *tokens.Issuer) serviceaccounttoken.Signer {
	return func(account *corev1.ServiceAccount, secret string) (string, error) {
		return issuer.IssueLegacy(tokens.LegacyClaims{
			Namespace: account.Namespace, Secret: secret,
			ServiceAccount: account.Name, ServiceAccountUID: string(account.UID),
		})
	}
}

// autoscalingMetrics are those of the options, or what the world tells.
func (c *ControlPlane) autoscalingMetrics() horizontalpodautoscaler.Metrics {
	if c.options.Metrics != nil {
		return c.options.Metrics
	}
	return c.usage()
}

// loadBalancerPools are the addresses of load balancers: ranges that are
// reserved for documentation, so that they are nobody else's.
func loadBalancerPools() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:1::/120")}
}
