package controlplane

import (
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/cronjob"
	"github.com/kubejig/kubejig/internal/controllers/daemonset"
	"github.com/kubejig/kubejig/internal/controllers/deployment"
	"github.com/kubejig/kubejig/internal/controllers/endpoint"
	"github.com/kubejig/kubejig/internal/controllers/endpointslice"
	"github.com/kubejig/kubejig/internal/controllers/garbagecollector"
	"github.com/kubejig/kubejig/internal/controllers/job"
	"github.com/kubejig/kubejig/internal/controllers/namespace"
	"github.com/kubejig/kubejig/internal/controllers/nodeipam"
	"github.com/kubejig/kubejig/internal/controllers/nodelifecycle"
	"github.com/kubejig/kubejig/internal/controllers/podgc"
	"github.com/kubejig/kubejig/internal/controllers/replicaset"
	"github.com/kubejig/kubejig/internal/controllers/rootcacertpublisher"
	"github.com/kubejig/kubejig/internal/controllers/serviceaccount"
	"github.com/kubejig/kubejig/internal/controllers/statefulset"
	"github.com/kubejig/kubejig/internal/controllers/tainteviction"
	"github.com/kubejig/kubejig/internal/controllers/ttlafterfinished"
)

// runControllers adds the controllers to the loop, in an order that never
// depends on anything.
func (c *ControlPlane) runControllers() {
	r := c.registry
	namespace.Run(r)
	garbagecollector.Run(r)
	nodelifecycle.Run(r)
	for _, controller := range []*controllers.Controller{
		serviceaccount.New(r),
		rootcacertpublisher.New(r, c.options.CA),
		nodeipam.New(r, c.options.PodRange),
		tainteviction.New(r),
		podgc.New(r),
		endpoint.New(r),
		endpointslice.New(r),
		deployment.New(r),
		replicaset.New(r),
		replicaset.NewReplicationController(r),
		statefulset.New(r),
		job.New(r),
		cronjob.New(r),
		ttlafterfinished.New(r),
		daemonset.New(r),
	} {
		controllers.Run(r, controller)
	}
}
