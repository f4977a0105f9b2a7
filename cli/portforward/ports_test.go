package portforward

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestResolve(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{
			{Name: "web", ContainerPort: 8080, Protocol: corev1.ProtocolTCP},
			{Name: "dns", ContainerPort: 53, Protocol: corev1.ProtocolUDP},
		}}}},
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "s"},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Name: "http", Port: 80, TargetPort: intstr.FromString("web"), Protocol: corev1.ProtocolTCP},
			{Port: 81, Protocol: corev1.ProtocolTCP},
		}},
	}
	ofPod, ofService := podPorts{pod}, servicePorts{service, pod}
	for _, test := range []struct {
		resolver resolver
		typed    string
		want     string // A port, or an error.
	}{
		{ofPod, "8080", "8080"},
		{ofPod, "5000:8080", "5000:8080"},
		{ofPod, "web", "8080"},
		{ofPod, "5000:web", "5000:8080"},
		{ofPod, ":8080", ":8080"},
		{ofPod, "dns", "UDP protocol is not supported for dns"},
		{ofPod, "nope", "Pod 'p' does not have a named port 'nope'"},
		{ofPod, "5000:", "remote port cannot be empty"},
		{ofService, "80", "80:8080"},
		{ofService, "http", "80:8080"},
		{ofService, "5000:http", "5000:8080"},
		{ofService, "81", "81"},
		{ofService, "82", "Service s does not have a service port 82"},
		{ofService, "nope", "Service 's' does not have a named port 'nope'"},
	} {
		got, err := resolve(test.resolver, []string{test.typed})
		if err != nil {
			got = []string{err.Error()}
		}
		if !slices.Equal(got, []string{test.want}) {
			t.Errorf("%T %s: got %q, want %q", test.resolver, test.typed, got, test.want)
		}
	}
}
