package shell

import (
	"maps"
	"slices"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// array evaluates name=(a b c), which bash has.
func (s *Shell) array(a *syntax.Assign, old expand.Variable) (expand.Variable, bool) {
	if old.Kind == expand.Associative {
		return s.associative(a, old)
	}
	v := expand.Variable{Set: true, Kind: expand.Indexed}
	if a.Append {
		v.List = slices.Clone(old.List)
	}
	for _, elem := range a.Array.Elems {
		words, ok := s.fields(elem.Value)
		if !ok {
			return v, false
		}
		if elem.Index == nil {
			v.List = append(v.List, words...)
			continue
		}
		n, ok := s.arithmetic(elem.Index)
		if !ok || len(words) == 0 {
			return v, ok
		}
		v.List = setAt(v.List, n, words[0])
	}
	return v, true
}

func (s *Shell) associative(a *syntax.Assign, old expand.Variable) (expand.Variable, bool) {
	v := expand.Variable{Set: true, Kind: expand.Associative, Map: map[string]string{}}
	if a.Append {
		maps.Copy(v.Map, old.Map)
	}
	for _, elem := range a.Array.Elems {
		key, ok := s.key(elem.Index)
		if !ok {
			return v, false
		}
		if v.Map[key], ok = s.literal(elem.Value); !ok {
			return v, false
		}
	}
	return v, true
}

// element evaluates name[index]=value.
func (s *Shell) element(a *syntax.Assign, old expand.Variable, value string) (expand.Variable, bool) {
	if old.Kind == expand.Associative {
		key, ok := s.key(a.Index)
		v := old
		v.Set = true
		v.Map = maps.Clone(old.Map)
		if v.Map == nil {
			v.Map = map[string]string{}
		}
		v.Map[key] = value
		return v, ok
	}
	n, ok := s.arithmetic(a.Index)
	if !ok {
		return old, false
	}
	v := expand.Variable{Set: true, Kind: expand.Indexed, List: slices.Clone(old.List)}
	if old.Kind == expand.String {
		v.List = []string{old.Str}
	}
	if a.Append && n < len(v.List) {
		value = v.List[n] + value
	}
	v.List = setAt(v.List, n, value)
	return v, true
}

func (s *Shell) key(index syntax.ArithmExpr) (string, bool) {
	if word, ok := index.(*syntax.Word); ok {
		return s.literal(word)
	}
	return "", false
}

// setAt sets an element of a list, which it makes long enough.
func setAt(list []string, n int, value string) []string {
	if n < 0 {
		n += len(list)
	}
	for len(list) <= n {
		list = append(list, "")
	}
	list[max(n, 0)] = value
	return list
}
