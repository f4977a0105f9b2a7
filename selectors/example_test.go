package selectors_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/selectors"
)

func Example() {
	selector, err := selectors.Parse("app=web,tier in (cache,frontend)", "status.phase=Running")
	if err != nil {
		panic(err)
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web", "tier": "backend"}},
		Status:     corev1.PodStatus{Phase: corev1.PodPending},
	}
	fmt.Println(selector.Match(pod))
	for _, reason := range selector.Explain(pod) {
		fmt.Println(reason)
	}
	// Output:
	// false
	// label "tier" is "backend", want one of (cache, frontend)
	// field "status.phase" is "Pending", want "Running"
}

func ExampleSelector_Match() {
	selector := selectors.MustParse("app=web,!canary", "")
	fmt.Println(selector.Match(map[string]string{"app": "web"}))
	fmt.Println(selector.Match(map[string]string{"app": "web", "canary": ""}))
	// Output:
	// true
	// false
}

func ExampleSelector_Match_fields() {
	environment := map[string]string{"os": "linux"}
	selector := selectors.MustParse("", "os=linux,arch!=arm64")
	fmt.Println(selector.Match(func(field string) string { return environment[field] }))
	// Output: true
}

func ExampleIndex() {
	index := selectors.NewIndex[map[string]string]()
	index.Put("cat", map[string]string{"legs": "4", "says": "meow"})
	index.Put("dog", map[string]string{"legs": "4"})
	index.Put("duck", map[string]string{"legs": "2", "says": "quack"})

	for name := range index.All(selectors.MustParse("legs>2", "")) {
		fmt.Println(name)
	}
	fmt.Println(index.List(selectors.MustParse("says", "")))
	// Output:
	// cat
	// dog
	// [map[legs:4 says:meow] map[legs:2 says:quack]]
}
