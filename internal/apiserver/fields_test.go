package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUnknownFieldSelectors(t *testing.T) {
	c := withCronTabs(t)
	for path, want := range map[string]string{
		"/apis/batch/v1/jobs": `field label \"spec.x\" not supported for Job`,
		"/api/v1/pods":        `field label not supported: spec.x`,
		crontabs:              `field label not supported: spec.x`,
		deployments:           `\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"`,
	} {
		code, body, _ := c.ask("GET", path+"?fieldSelector=spec.x%3D1", "")
		require.Equal(t, 400, code)
		require.Contains(t, body, want)
	}
}
