package debug

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/pods"
)

// newContainer is the debugging container that the flags describe.
func (o *options) newContainer(name string) corev1.Container {
	c := corev1.Container{
		Name:                     name,
		Env:                      o.variables(),
		Image:                    o.image,
		ImagePullPolicy:          corev1.PullPolicy(o.pullPolicy),
		Stdin:                    o.stdin,
		TTY:                      o.tty,
		TerminationMessagePolicy: corev1.TerminationMessageReadFile,
	}
	if o.argumentsOnly {
		c.Args = o.args
	} else {
		c.Command = o.args
	}
	return c
}

// variables are those of --env.
func (o *options) variables() []corev1.EnvVar {
	var variables []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(o.env)) {
		variables = append(variables, corev1.EnvVar{Name: name, Value: o.env[name]})
	}
	return variables
}

// containerName is the name for a new container in the pod.
func (o *options) containerName(pod *corev1.Pod) string {
	if o.container != "" {
		return o.container
	}
	for {
		name := "debugger-" + rand.String(5)
		if taken, _ := pods.Container(pod, name); taken == nil {
			o.say("Defaulting debug container name to %s.", name)
			return name
		}
	}
}

// settle gives the new container the rights of the profile, and what the user's
// own file has on top. A profile goes by names: where another container has the
// name already, the server is to say what is wrong.
func (o *options) settle(pod *corev1.Pod, container *corev1.Container, at place) error {
	named, _ := pods.Container(pod, container.Name)
	o.profile.apply(&session{pod: pod, container: named, keep: o.keep}, at)
	if o.custom == nil {
		return nil
	}
	custom := o.custom.DeepCopy()
	custom.Name = container.Name
	return layOver(container, custom)
}

// layOver changes a container by what another has set.
func layOver(container, custom *corev1.Container) error {
	base, err := json.Marshal(container)
	if err != nil {
		return fmt.Errorf("unable to marshall container: %w", err)
	}
	patch, err := json.Marshal(custom)
	if err != nil {
		return fmt.Errorf("unable to marshall custom profile: %w", err)
	}
	patched, err := strategicpatch.StrategicMergePatch(base, patch, corev1.Container{})
	if err != nil {
		return fmt.Errorf("error creating three way patch to add debug container: %w", err)
	}
	*container = corev1.Container{}
	if err := json.Unmarshal(patched, container); err != nil {
		return fmt.Errorf("unable to unmarshall patched container to container: %w", err)
	}
	return nil
}

// warnOfUser says that a profile's rights do not come to much in a pod that
// runs as another user than root.
func (o *options) warnOfUser(pod *corev1.Pod, container *corev1.Container) {
	isRoot := func(user *int64) bool { return user != nil && *user == 0 }
	security := container.SecurityContext
	switch {
	case pod.Spec.SecurityContext == nil, pod.Spec.SecurityContext.RunAsUser == nil, isRoot(pod.Spec.SecurityContext.RunAsUser):
		return
	case security == nil, isRoot(security.RunAsUser):
		return
	}
	privileged := security.Privileged != nil && *security.Privileged
	if privileged || security.Capabilities != nil && len(security.Capabilities.Add) > 0 {
		fmt.Fprintln(o.f.ErrOut, `Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not work. Please consider using "--custom" with a custom profile that specifies "securityContext.runAsUser: 0".`)
	}
}
