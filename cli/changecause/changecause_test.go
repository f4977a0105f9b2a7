package changecause

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestCause(t *testing.T) {
	for name, c := range map[string]struct {
		typed []string
		cause string
	}{
		"words, then flags":   {[]string{"/usr/bin/kubectl", "label", "--record", "-l", "a=b", "pods", "c=d"}, "kubectl label pods c=d --record=true --selector=a=b"},
		"flags as often":      {[]string{"kubejig", "label", "--record=1", "-ltext", "-l", ""}, "kubejig label --record=1 --selector=text --selector="},
		"what can't be read":  {[]string{"kubejig", "label", "--record", "--nonsense"}, ""},
		"words after a --":    {[]string{"kubejig", "label", "--record", "--", "-l"}, "kubejig label -l --record=true"},
		"nothing is recorded": {[]string{"kubejig", "label"}, "before"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := &Recorder{}
			cmd := &cobra.Command{Use: "label"}
			recorder.AddFlags(cmd)
			cmd.Flags().StringP("selector", "l", "", "")
			_ = cmd.Flags().Parse(c.typed[1:])
			recorder.Complete(cmd, c.typed)

			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{Annotation: "before"}}}
			require.NoError(t, recorder.Record(pod))
			assert.Equal(t, c.cause, pod.Annotations[Annotation])
		})
	}
}

func TestPatch(t *testing.T) {
	pod := &corev1.Pod{}
	patch, err := (&Recorder{}).Patch(pod)
	require.NoError(t, err)
	assert.Nil(t, patch)

	patch, err = (&Recorder{on: true, cause: "kubectl patch"}).Patch(pod)
	require.NoError(t, err)
	assert.JSONEq(t, `{"metadata": {"annotations": {"kubernetes.io/change-cause": "kubectl patch"}}}`, string(patch))
	assert.Empty(t, pod.Annotations)
}
