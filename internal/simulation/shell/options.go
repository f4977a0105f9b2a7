package shell

import "strings"

// options are what `set` switches.
type options struct {
	errexit, nounset, xtrace, noglob, noexec, verbose, allexport, noclobber, pipefail, monitor, notify bool
}

// optionNames are the options by long name, in the order of `set -o`.
var optionNames = []struct {
	name   string
	letter rune
	flag   func(o *options) *bool
}{
	{"errexit", 'e', func(o *options) *bool { return &o.errexit }},
	{"noglob", 'f', func(o *options) *bool { return &o.noglob }},
	{"monitor", 'm', func(o *options) *bool { return &o.monitor }},
	{"noexec", 'n', func(o *options) *bool { return &o.noexec }},
	{"verbose", 'v', func(o *options) *bool { return &o.verbose }},
	{"xtrace", 'x', func(o *options) *bool { return &o.xtrace }},
	{"noclobber", 'C', func(o *options) *bool { return &o.noclobber }},
	{"allexport", 'a', func(o *options) *bool { return &o.allexport }},
	{"notify", 'b', func(o *options) *bool { return &o.notify }},
	{"nounset", 'u', func(o *options) *bool { return &o.nounset }},
	{"pipefail", 0, func(o *options) *bool { return &o.pipefail }},
}

func (o *options) setShort(letter rune, on bool) bool {
	for _, option := range optionNames {
		if option.letter == letter {
			*option.flag(o) = on
			return true
		}
	}
	return false
}

func (o *options) setLong(name string, on bool) bool {
	for _, option := range optionNames {
		if option.name == name {
			*option.flag(o) = on
			return true
		}
	}
	return false
}

// letters is the value of $-.
func (o *options) letters() string {
	var out strings.Builder
	for _, option := range optionNames {
		if option.letter != 0 && *option.flag(o) {
			out.WriteRune(option.letter)
		}
	}
	return out.String()
}
