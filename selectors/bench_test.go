package selectors_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubejig/kubejig/selectors"
)

// Each benchmark has apimachinery beside ours:
//
//	go test ./selectors -run '^$' -bench .

const expression = "app=web,tier in (cache,frontend),!canary"

func BenchmarkParse(b *testing.B) {
	b.Run("selectors", func(b *testing.B) {
		for b.Loop() {
			_, _ = selectors.Parse(expression, "")
		}
	})
	b.Run("apimachinery", func(b *testing.B) {
		for b.Loop() {
			_, _ = labels.Parse(expression)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	object := pod()
	b.Run("selectors", func(b *testing.B) {
		s := selectors.MustParse("app=web,tier=backend", "")
		for b.Loop() {
			s.Match(object)
		}
	})
	b.Run("apimachinery", func(b *testing.B) {
		s, _ := labels.Parse("app=web,tier=backend")
		for b.Loop() {
			s.Matches(labels.Set(object.GetLabels()))
		}
	})
}

// BenchmarkList selects of 100,000 objects; apimachinery has no index, so its
// list is a scan.
func BenchmarkList(b *testing.B) {
	pods := fleet(100_000)
	for _, bb := range []struct{ name, label string }{
		{"one", "index=77777"},
		{"hundred", "canary"},
		{"hundred of a third", "app=api,canary=yes"},
		{"third", "app=api"},
	} {
		b.Run(bb.name+"/selectors", func(b *testing.B) {
			index := indexOf(pods)
			s := selectors.MustParse(bb.label, "")
			b.ResetTimer()
			for b.Loop() {
				index.List(s)
			}
		})
		b.Run(bb.name+"/apimachinery", func(b *testing.B) {
			s, _ := labels.Parse(bb.label)
			for b.Loop() {
				var selected []any
				for _, pod := range pods {
					if s.Matches(labels.Set(pod.Labels)) {
						selected = append(selected, pod)
					}
				}
			}
		})
	}
}

func BenchmarkPut(b *testing.B) {
	pods := fleet(100_000)
	index := indexOf(pods)
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			index.Delete("pod-050000")
			index.Put("pod-050000", pods["pod-050000"])
		}
	})
	b.Run("status only", func(b *testing.B) {
		for b.Loop() {
			index.Put("pod-050000", pods["pod-050000"])
		}
	})
}
