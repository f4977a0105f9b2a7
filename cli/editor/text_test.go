package editor

import "testing"

func TestSameContent(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"a: 1\n", "# why\na:   1\n", true},
		{"a: 1\n", "a: 2\n", false},
		{"a: [\n", "# x\na: [\n", true},
		{"a: [\n", "a: [[\n", false},
	} {
		if got := sameContent([]byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("%q, %q: got %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestHasContent(t *testing.T) {
	for text, want := range map[string]bool{"": false, "# a\n\n  # b\n": false, "# a\nb\n": true} {
		if got := hasContent([]byte(text)); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestCommented(t *testing.T) {
	for text, want := range map[string]string{
		"a": "a", "a\nb": "a\n# b", "a\n#b": "a\n#b", "a\nb\n": "a\n# b\n",
	} {
		if got := commented(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
