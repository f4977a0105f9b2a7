package kubelet

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

// ensureImage reports whether the image of a container is there to start it.
// Where it is not, it is being pulled, or c says why not and when to try again.
func (k *Kubelet) ensureImage(p *pod, c *container) bool {
	if c.imaged {
		return true
	}
	spec := p.spec(c)
	name, err := normalImage(spec.Image)
	if err != nil {
		message := fmt.Sprintf("Failed to apply default image tag %q: %v", spec.Image, err)
		k.containerEvent(p, c, corev1.EventTypeWarning, "InspectFailed", message)
		k.failStart(p, c, reasonInvalidImageName, message)
		return false
	}
	image, present := k.images.Get(name)
	switch {
	case present && spec.ImagePullPolicy != corev1.PullAlways:
		k.containerEvent(p, c, corev1.EventTypeNormal, "Pulled",
			fmt.Sprintf("Container image %q already present on machine and can be accessed by the pod", spec.Image))
		c.image, c.imaged = image, true
		return true
	case spec.ImagePullPolicy == corev1.PullNever:
		message := fmt.Sprintf("Container image %q is not present with pull policy of Never", spec.Image)
		k.containerEvent(p, c, corev1.EventTypeWarning, reasonErrImageNeverPull, message)
		k.failStart(p, c, reasonErrImageNeverPull, message)
		return false
	}
	k.pull(p, c)
	return false
}

// pull begins to pull the image of a container, unless the last failure asks
// to wait.
func (k *Kubelet) pull(p *pod, c *container) {
	image := p.spec(c).Image
	if until := c.pull.updated.Add(c.pull.delay); k.now().Before(until) {
		if c.why.reason == reasonErrImagePull {
			message := fmt.Sprintf("Back-off pulling image %q", image)
			k.containerEvent(p, c, corev1.EventTypeNormal, "BackOff", message)
			k.containerEvent(p, c, corev1.EventTypeWarning, "Failed", "Error: "+reasonImagePullBackOff)
			c.why = outcome{reasonImagePullBackOff, message + ": " + reasonErrImagePull + ": " + c.why.message}
			p.dirty = true
		}
		c.retryAt = until
		return
	}
	k.containerEvent(p, c, corev1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
	c.phase, c.pulled, c.retryAt = pulling, k.now(), time.Time{}
	k.runtime.Do(PullImage{Pod: p.uid(), Image: image, Secrets: k.pullSecrets(p)})
}

// pullSecrets are the pull secrets of a pod that exist.
func (k *Kubelet) pullSecrets(p *pod) []*corev1.Secret {
	var secrets []*corev1.Secret
	for _, ref := range p.api.Spec.ImagePullSecrets {
		if s, ok := client.Get[*corev1.Secret](k.client, p.api.Namespace, ref.Name); ok {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

// imagesFound takes note of images that are there.
func (k *Kubelet) imagesFound(images []Image) {
	for _, image := range images {
		for _, name := range image.Names {
			k.images.Set(name, image)
		}
	}
	k.node.changed = true
	k.loop().ArmEarlier(k.fleet.heartbeats, k.timer(nodeTimer), k.now().Add(nodeChangePeriod))
}

// imagePulled lets the container start whose image has come.
func (k *Kubelet) imagePulled(p *pod, ev ImagePulled) {
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase != pulling || p.spec(c).Image != ev.Name {
			continue
		}
		took := k.now().Sub(c.pulled).Truncate(time.Millisecond)
		k.containerEvent(p, c, corev1.EventTypeNormal, "Pulled", fmt.Sprintf(
			"Successfully pulled image %q in %v (%v including waiting). Image size: %d bytes.", ev.Name, took, took, ev.Image.Size))
		c.phase, c.image, c.imaged, c.retryAt = c.idlePhase(), ev.Image, true, time.Time{}
		p.dirty = p.dirty || c.id != "" // the status of a container that has never run shows no image
	}
}

// imagePullFailed makes the container wait whose image has not come.
func (k *Kubelet) imagePullFailed(p *pod, ev ImagePullFailed) {
	for i := range p.containers {
		c := &p.containers[i]
		if c.phase != pulling || p.spec(c).Image != ev.Name {
			continue
		}
		k.containerEvent(p, c, corev1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", ev.Name, ev.Error))
		c.pull = c.pull.next(k.now(), k.now())
		k.failStart(p, c, reasonErrImagePull, withoutCode(ev.Error))
		c.retryAt = k.now().Add(noticed)
	}
}

// withoutCode is an error without the gRPC code in which runtimes wrap it.
func withoutCode(message string) string {
	if _, description, ok := strings.Cut(message, " desc = "); ok && strings.HasPrefix(message, "rpc error: code = ") {
		return description
	}
	return message
}

// idlePhase is the phase of a container that does not run.
func (c *container) idlePhase() phase {
	if c.ended != nil {
		return stopped
	}
	return waiting
}

// normalImage is the full name of an image: with registry, and with a tag
// where there is neither tag nor digest.
func normalImage(image string) (string, error) {
	if reference, _, digested := strings.Cut(image, "@"); podspec.ImageTag(image) == "" && !(digested && podspec.ImageTag(reference) != "") {
		return "", fmt.Errorf("couldn't parse image name %q: invalid reference format", image)
	}
	name, digest, _ := strings.Cut(image, "@")
	domain, path, found := strings.Cut(name, "/")
	if !found || !strings.ContainsAny(domain, ".:") && domain != "localhost" && strings.ToLower(domain) == domain {
		domain, path = "docker.io", name
		if !strings.Contains(path, "/") {
			path = "library/" + path
		}
	}
	if digest != "" {
		return domain + "/" + path + "@" + digest, nil
	}
	if !strings.Contains(path, ":") {
		path += ":latest"
	}
	return domain + "/" + path, nil
}
