package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli/document"
	"github.com/kubejig/kubejig/cli/page"
)

func TestListsArePages(t *testing.T) {
	for sent, items := range map[string]int{
		`{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"c"},"items":[{},{}]}`: 2,
		`{"kind":"PodList","apiVersion":"v1","items":[]}`:                                  0,
		`{"kind":"PodList","apiVersion":"v1","items":null}`:                                -1,
		`{"kind":"PlayList","apiVersion":"v1","metadata":{"name":"x"},"items":[]}`:         -1,
		`{"kind":"Pod","apiVersion":"v1","items":[]}`:                                      -1,
		`[]`: -1,
	} {
		value, err := document.Parse([]byte(sent))
		require.NoError(t, err)
		p, err := page.Of(value)
		require.NoError(t, err)
		if items < 0 {
			require.Nil(t, p, sent)
			continue
		}
		require.Len(t, p.Items(), items, sent)
	}
}

func TestItemsSayWhatTheyAre(t *testing.T) {
	value, err := document.Parse([]byte(`{"kind":"PodList","apiVersion":"v1","metadata":{"continue":"c","resourceVersion":"7"},
		"items":[{"metadata":{"name":"a"}},{"kind":"Node","apiVersion":"v2"}]}`))
	require.NoError(t, err)
	p, err := page.Of(value)
	require.NoError(t, err)
	require.Equal(t, "c", p.Continue)
	require.Equal(t, "7", p.ResourceVersion)
	require.Equal(t, "Pod", p.Items()[0].Get("kind").Text())
	require.Equal(t, "v1", p.Items()[0].Get("apiVersion").Text())
	require.Equal(t, "a", p.Items()[0].Get("metadata").Get("name").Text())
	require.Equal(t, "Node", p.Items()[1].Get("kind").Text())
}
