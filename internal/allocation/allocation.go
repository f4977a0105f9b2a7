// Package allocation gives Services their cluster IPs and node ports. What is
// taken is read from the store (IPAddress objects, and the Services
// themselves), so there is no state to repair or to fork.
//
// Addresses are chosen at random from the upper part of the range first, as
// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
// states, from the cluster's seed.
package allocation

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// The range of node ports.
const (
	FirstNodePort = 30000
	LastNodePort  = 32767
	// staticNodePorts are left to those who choose a port themselves.
	staticNodePorts = 86
)

// Services is the resource that the allocator is a hook of.
var Services = schema.GroupResource{Resource: "services"}

// Allocator is the registry.Hook of Services.
type Allocator struct {
	client *client.Client
	ranges []netip.Prefix // by family, the cluster's primary one first
}

// New returns an allocator of cluster IPs from one range per IP family.
func New(r *registry.Registry, ranges ...netip.Prefix) *Allocator {
	return &Allocator{client: client.ForUser(r, "ipallocator", "system:apiserver", "system:masters"), ranges: ranges}
}

// Create allocates what a new Service needs.
func (a *Allocator) Create(obj store.Object, dryRun bool) (undo func(), err error) {
	s := obj.(*corev1.Service)
	t := &transaction{Allocator: a, service: s, dryRun: dryRun}
	if err := t.allocate(nil); err != nil {
		t.undo()
		return nil, err
	}
	return t.undo, nil
}

// Update allocates what a changed Service needs more than before, and gives
// back what it needs no longer.
func (a *Allocator) Update(obj, old store.Object, dryRun bool) (undo func(), err error) {
	s, before := obj.(*corev1.Service), old.(*corev1.Service)
	t := &transaction{Allocator: a, service: s, dryRun: dryRun}
	if err := t.allocate(before); err != nil {
		t.undo()
		return nil, err
	}
	if !dryRun {
		for _, ip := range before.Spec.ClusterIPs {
			if !slices.Contains(s.Spec.ClusterIPs, ip) {
				a.release(ip)
			}
		}
	}
	return t.undo, nil
}

// Deleted gives back the addresses of a Service.
func (a *Allocator) Deleted(obj store.Object) {
	for _, ip := range obj.(*corev1.Service).Spec.ClusterIPs {
		a.release(ip)
	}
}

func (a *Allocator) release(ip string) {
	if address, ok := client.Get[*networkingv1.IPAddress](a.client, "", ip); ok {
		_ = a.client.Delete(address, metav1.DeleteOptions{}) // it is there, and nothing keeps it
	}
}

// transaction is what one write allocates.
type transaction struct {
	*Allocator
	service *corev1.Service
	dryRun  bool
	taken   []string
	ports   []int32 // node ports that the Service did not have before
}

func (t *transaction) undo() {
	for _, ip := range t.taken {
		t.release(ip)
	}
}

func (t *transaction) allocate(old *corev1.Service) error {
	s := t.service
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	if err := t.families(old); err != nil {
		return err
	}
	if err := t.clusterIPs(old); err != nil {
		return err
	}
	return t.nodePorts(old)
}

// invalid is a refusal that names fields of the Service.
func (t *transaction) invalid(errs field.ErrorList) error {
	return apierrors.NewInvalid(schema.GroupKind{Kind: "Service"}, t.service.Name, errs)
}

func (t *transaction) clusterIPs(old *corev1.Service) error {
	spec := &t.service.Spec
	if len(spec.ClusterIPs) > 0 && spec.ClusterIPs[0] == corev1.ClusterIPNone {
		return nil
	}
	for i, f := range spec.IPFamilies {
		if i < len(spec.ClusterIPs) {
			if old != nil && slices.Contains(old.Spec.ClusterIPs, spec.ClusterIPs[i]) {
				continue
			}
			if err := t.take(spec.ClusterIPs[i], f); err != nil {
				return t.invalid(field.ErrorList{field.Invalid(clusterIPsPath, spec.ClusterIPs, err.Error())})
			}
			continue
		}
		ip, err := t.next(f)
		if err != nil {
			return apierrors.NewInternalError(err)
		}
		spec.ClusterIPs = append(spec.ClusterIPs, ip)
	}
	if len(spec.ClusterIPs) > 0 {
		spec.ClusterIP = spec.ClusterIPs[0]
	}
	return nil
}

// take allocates an address that the client chose.
func (t *transaction) take(ip string, f corev1.IPFamily) error {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return fmt.Errorf("failed to allocate IP %s: %w", ip, err)
	}
	prefix, ok := t.rangeOf(f)
	if !ok || !prefix.Contains(addr) || addr == prefix.Addr() {
		return fmt.Errorf("failed to allocate IP %s: the provided IP (%s) is not in the valid range. The range of valid IPs is %s", ip, ip, prefix)
	}
	if t.isTaken(ip) {
		return fmt.Errorf("failed to allocate IP %s: provided IP is already allocated", ip)
	}
	return t.reserve(ip)
}

func (t *transaction) isTaken(ip string) bool {
	_, taken := client.Get[*networkingv1.IPAddress](t.client, "", ip)
	return taken
}

// reserve notes an address as taken by the Service.
func (t *transaction) reserve(ip string) error {
	if t.dryRun {
		return nil
	}
	addr := netip.MustParseAddr(ip)
	_, err := client.Create(t.client, &networkingv1.IPAddress{
		ObjectMeta: metav1.ObjectMeta{Name: ip, Labels: map[string]string{
			networkingv1.LabelIPAddressFamily: string(family(addr)),
			networkingv1.LabelManagedBy:       "ipallocator.k8s.io",
		}},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{
			Resource: "services", Namespace: t.service.Namespace, Name: t.service.Name,
		}},
	})
	if err != nil {
		return err
	}
	t.taken = append(t.taken, ip)
	return nil
}

// next allocates a free address: a random one above the part that is left to
// static addresses, then from that part.
func (t *transaction) next(f corev1.IPFamily) (string, error) {
	prefix, ok := t.rangeOf(f)
	if !ok {
		return "", fmt.Errorf("failed to allocate a serviceIP: no range of family %s", f)
	}
	size := hosts(prefix)
	static := min(max(16, size/16), 256)
	if size <= 16 {
		static = 0
	}
	for _, part := range [][2]int{{static, size}, {0, static}} {
		if ip, ok := t.search(prefix, part[0], part[1]); ok {
			return ip, t.reserve(ip)
		}
	}
	return "", fmt.Errorf("failed to allocate a serviceIP: range is full")
}

// hosts is the number of usable addresses of a range, as far as it matters.
func hosts(p netip.Prefix) int {
	bits := min(p.Addr().BitLen()-p.Bits(), 16)
	if p.Addr().Is4() {
		return 1<<bits - 2
	}
	return 1<<bits - 1
}

// search finds a free address from a random position on.
func (t *transaction) search(prefix netip.Prefix, from, to int) (string, bool) {
	n := to - from
	if n <= 0 {
		return "", false
	}
	start := t.client.Registry.Loop.Rand().IntN(n)
	for i := range n {
		ip := nth(prefix, from+(start+i)%n+1).String()
		if !t.isTaken(ip) {
			return ip, true
		}
	}
	return "", false
}

// nth is the address at an offset in a range.
func nth(p netip.Prefix, offset int) netip.Addr {
	b := p.Addr().AsSlice()
	for i := len(b) - 1; offset > 0 && i >= 0; i-- {
		sum := int(b[i]) + offset&0xff
		b[i] = byte(sum)
		offset = offset>>8 + sum>>8
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}

const byNodePort = "nodePort"

// nodePortsOf indexes Services by the node ports that they hold.
func nodePortsOf(obj store.Object, ports []string) []string {
	s := obj.(*corev1.Service)
	for _, p := range s.Spec.Ports {
		if key := portKey(p.NodePort, p.Protocol); p.NodePort != 0 && !slices.Contains(ports, key) {
			ports = append(ports, key)
		}
	}
	if p := s.Spec.HealthCheckNodePort; p != 0 {
		ports = append(ports, portKey(p, corev1.ProtocolTCP))
	}
	return ports
}

func portKey(port int32, protocol corev1.Protocol) string {
	return strconv.Itoa(int(port)) + "/" + string(protocol)
}

// nodePorts allocates ports for a Service that is reachable on nodes. Ports of
// one number and different protocols may belong to one Service.
func (t *transaction) nodePorts(old *corev1.Service) error {
	if t.service.Spec.Type != corev1.ServiceTypeNodePort && t.service.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return nil
	}
	mine := map[string]bool{}
	for _, key := range oldPorts(old) {
		mine[key] = true
	}
	chosen := map[string]bool{}
	for i := range t.service.Spec.Ports {
		p := &t.service.Spec.Ports[i]
		path := field.NewPath("spec", "ports").Index(i).Child("nodePort")
		switch {
		case p.NodePort != 0:
			if err := t.checkPort(p.NodePort, p.Protocol, mine); err != "" {
				return t.invalid(field.ErrorList{field.Invalid(path, int64(p.NodePort), err)})
			}
		case resources.AllocatesNodePorts(t.service):
			port, ok := t.nextPort(p.Protocol, chosen)
			if !ok {
				return apierrors.NewInternalError(fmt.Errorf("failed to allocate a nodePort: range is full"))
			}
			p.NodePort = port
		default:
			continue
		}
		chosen[portKey(p.NodePort, p.Protocol)] = true
	}
	return t.healthCheckPort(mine, chosen)
}

func oldPorts(old *corev1.Service) []string {
	if old == nil {
		return nil
	}
	return nodePortsOf(old, nil)
}

func (t *transaction) checkPort(port int32, protocol corev1.Protocol, mine map[string]bool) string {
	key := portKey(port, protocol)
	switch {
	case mine[key]:
		return ""
	case !t.dryRun && (port < FirstNodePort || port > LastNodePort):
		return fmt.Sprintf("provided port is not in the valid range. The range of valid ports is %d-%d", FirstNodePort, LastNodePort)
	case t.portTaken(key):
		return "provided port is already allocated"
	}
	t.ports = append(t.ports, port)
	return ""
}

func (t *transaction) portTaken(key string) bool {
	for _, s := range client.Indexed[*corev1.Service](t.client, byNodePort, key, nodePortsOf) {
		if s.Namespace != t.service.Namespace || s.Name != t.service.Name {
			return true
		}
	}
	return false
}

// nextPort finds a free port at random, above the static part first.
func (t *transaction) nextPort(protocol corev1.Protocol, chosen map[string]bool) (int32, bool) {
	if t.dryRun {
		return t.placeholder(), true
	}
	for _, part := range [][2]int{{FirstNodePort + staticNodePorts, LastNodePort + 1}, {FirstNodePort, FirstNodePort + staticNodePorts}} {
		n := part[1] - part[0]
		start := t.client.Registry.Loop.Rand().IntN(n)
		for i := range n {
			port := int32(part[0] + (start+i)%n)
			key := portKey(port, protocol)
			if !chosen[key] && !t.portTaken(key) {
				return port, true
			}
		}
	}
	return 0, false
}

// placeholder stands for a port in dry runs: the one after those of this write,
// or after all that there are.
func (t *transaction) placeholder() int32 {
	port := int32(LastNodePort + 2)
	if len(t.ports) > 0 {
		port = max(0, slices.Max(t.ports)) + 1
	}
	t.ports = append(t.ports, port)
	return port
}

// healthCheckPort allocates the port on which nodes tell a load balancer
// whether they have endpoints.
func (t *transaction) healthCheckPort(mine, chosen map[string]bool) error {
	s := t.service
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer || s.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
		return nil
	}
	if s.Spec.HealthCheckNodePort != 0 {
		if err := t.checkPort(s.Spec.HealthCheckNodePort, corev1.ProtocolTCP, mine); err != "" {
			return t.invalid(field.ErrorList{field.Invalid(field.NewPath("spec", "healthCheckNodePort"), s.Spec.HealthCheckNodePort, err)})
		}
		return nil
	}
	port, ok := t.nextPort(corev1.ProtocolTCP, chosen)
	if !ok {
		return apierrors.NewInternalError(fmt.Errorf("failed to allocate a healthCheckNodePort: range is full"))
	}
	s.Spec.HealthCheckNodePort = port
	return nil
}
