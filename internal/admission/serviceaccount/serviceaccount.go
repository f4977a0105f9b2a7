// Package serviceaccount gives pods a service account, and a volume with a
// token of it: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
package serviceaccount

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

const (
	defaultName = "default"
	// mountPath is where programs look for their token.
	mountPath        = "/var/run/secrets/kubernetes.io/serviceaccount"
	volumePrefix     = "kube-api-access-"
	tokenSeconds     = 60*60 + 7
	mountableSecrets = "kubernetes.io/enforce-mountable-secrets"
)

// Plugin is the ServiceAccount admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "ServiceAccount" }

// Admit completes a new pod.
func (p Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "pods") || a.Operation != admission.Create {
		return nil
	}
	pod := a.Object.(*corev1.Pod)
	if mirror(pod) {
		return checkMirror(a, pod)
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = defaultName
	}
	pod.Spec.DeprecatedServiceAccount = pod.Spec.ServiceAccountName
	account, err := p.account(a, pod)
	if err != nil {
		return err
	}
	if mounts(account, pod) {
		p.mountToken(pod)
	}
	if len(pod.Spec.ImagePullSecrets) == 0 {
		pod.Spec.ImagePullSecrets = slices.Clone(account.ImagePullSecrets)
	}
	return nil
}

// mirror reports whether a pod stands for one that a kubelet runs by itself.
func mirror(pod *corev1.Pod) bool {
	_, ok := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return ok
}

func forbidden(a *admission.Attributes, format string, args ...any) error {
	return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf(format, args...))
}

func (p Plugin) account(a *admission.Attributes, pod *corev1.Pod) (*corev1.ServiceAccount, error) {
	name := pod.Spec.ServiceAccountName
	account, ok := client.Get[*corev1.ServiceAccount](p.Client, a.Namespace, name)
	if !ok {
		err := apierrors.NewNotFound(schema.GroupResource{Resource: "serviceaccount"}, name)
		return nil, forbidden(a, "error looking up service account %s/%s: %w", a.Namespace, name, err)
	}
	return account, nil
}

// mounts reports whether a pod gets a token.
func mounts(account *corev1.ServiceAccount, pod *corev1.Pod) bool {
	if pod.Spec.AutomountServiceAccountToken != nil {
		return *pod.Spec.AutomountServiceAccountToken
	}
	return ptr.Deref(account.AutomountServiceAccountToken, true)
}

// mountToken mounts the token into every container that mounts nothing else in
// its place.
func (p Plugin) mountToken(pod *corev1.Pod) {
	name, exists := "", false
	for _, v := range pod.Spec.Volumes {
		if strings.HasPrefix(v.Name, volumePrefix) {
			name, exists = v.Name, true
			break
		}
	}
	if !exists {
		name = p.volumeName(pod)
	}
	needed := false
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			c := &containers[i]
			if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == mountPath }) {
				continue
			}
			c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: name, ReadOnly: true, MountPath: mountPath})
			needed = true
		}
	}
	if needed && !exists {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Projected: tokenVolume()}})
	}
}

// volumeName is a new name among the volumes of a pod.
func (p Plugin) volumeName(pod *corev1.Pod) string {
	const alphabet = "bcdfghjklmnpqrstvwxz2456789"
	for {
		suffix := make([]byte, 5)
		for i := range suffix {
			suffix[i] = alphabet[p.Client.Registry.Loop.Rand().IntN(len(alphabet))]
		}
		name := volumePrefix + string(suffix)
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name }) {
			return name
		}
	}
}

// tokenVolume is a token, the certificate of the API server and the pod's
// namespace.
func tokenVolume() *corev1.ProjectedVolumeSource {
	return &corev1.ProjectedVolumeSource{
		DefaultMode: ptr.To(corev1.ProjectedVolumeSourceDefaultMode),
		Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: ptr.To[int64](tokenSeconds)}},
			{ConfigMap: &corev1.ConfigMapProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"},
				Items:                []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}},
			}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{
				Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"},
			}}}},
		},
	}
}

// Validate checks what a pod takes from its account.
func (p Plugin) Validate(a *admission.Attributes) error {
	if !a.Is("", "pods") || a.Operation != admission.Create {
		return nil
	}
	pod := a.Object.(*corev1.Pod)
	if mirror(pod) {
		return checkMirror(a, pod)
	}
	account, err := p.account(a, pod)
	if err != nil {
		return err
	}
	if enforce, _ := strconv.ParseBool(account.Annotations[mountableSecrets]); enforce {
		return checkSecrets(a, account, pod)
	}
	return nil
}

// checkMirror refuses what a kubelet can't get for a pod of its own.
func checkMirror(a *admission.Attributes, pod *corev1.Pod) error {
	switch {
	case pod.Spec.ServiceAccountName != "":
		return forbidden(a, "a mirror pod may not reference service accounts")
	case podspec.ReferencesOf(pod).Secrets.Len() > 0:
		return forbidden(a, "a mirror pod may not reference secrets")
	case slices.ContainsFunc(pod.Spec.Volumes, projectsToken):
		return forbidden(a, "a mirror pod may not use ServiceAccountToken volume projections")
	}
	return nil
}

func projectsToken(v corev1.Volume) bool {
	return v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool {
		return s.ServiceAccountToken != nil
	})
}

// checkSecrets lets a pod use only the secrets that its account lists.
func checkSecrets(a *admission.Attributes, account *corev1.ServiceAccount, pod *corev1.Pod) error {
	listed := func(secret string) bool {
		return slices.ContainsFunc(account.Secrets, func(r corev1.ObjectReference) bool { return r.Name == secret })
	}
	for _, v := range pod.Spec.Volumes {
		if v.Secret != nil && !listed(v.Secret.SecretName) {
			return forbidden(a, "volume with secret.secretName=%q is not allowed because service account %s does not reference that secret", v.Secret.SecretName, account.Name)
		}
	}
	for _, part := range []struct {
		kind       string
		containers []corev1.Container
	}{{"init container", pod.Spec.InitContainers}, {"container", pod.Spec.Containers}} {
		for i := range part.containers {
			if from, secret := unlistedSecret(&part.containers[i], listed); from != "" {
				return forbidden(a, "%s %s with %s referencing secret.secretName=%q is not allowed because service account %s does not reference that secret",
					part.kind, part.containers[i].Name, from, secret, account.Name)
			}
		}
	}
	for i, s := range pod.Spec.ImagePullSecrets {
		if !slices.Contains(account.ImagePullSecrets, s) {
			return forbidden(a, "imagePullSecrets[%d].name=%q is not allowed because service account %s does not reference that imagePullSecret", i, s.Name, account.Name)
		}
	}
	return nil
}

// unlistedSecret is the first secret in the environment of a container that is
// not listed, and what it comes from; "" for none.
func unlistedSecret(c *corev1.Container, listed func(secret string) bool) (from, secret string) {
	for _, env := range c.Env {
		if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil && !listed(env.ValueFrom.SecretKeyRef.Name) {
			return "envVar " + env.Name, env.ValueFrom.SecretKeyRef.Name
		}
	}
	for _, env := range c.EnvFrom {
		if env.SecretRef != nil && !listed(env.SecretRef.Name) {
			return "envFrom", env.SecretRef.Name
		}
	}
	return "", ""
}
