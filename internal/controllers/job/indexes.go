package job

import (
	"slices"
	"strconv"
	"strings"
)

// indexes is a sorted set of completion indexes. In a status it is written as
// "1,3-5,7".
type indexes []int

// parseIndexes reads a set and leaves out what is beyond the completions.
func parseIndexes(s string, completions int) indexes {
	var set indexes
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		if err != nil {
			continue
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(to); err != nil {
				continue
			}
		}
		for i := first; i <= min(last, completions-1); i++ {
			set = append(set, i)
		}
	}
	return set.tidy()
}

func (x indexes) tidy() indexes {
	slices.Sort(x)
	return slices.Compact(x)
}

func (x indexes) has(i int) bool {
	_, found := slices.BinarySearch(x, i)
	return found
}

// or is the union with other sets.
func (x indexes) or(others ...indexes) indexes {
	return slices.Concat(append([]indexes{x}, others...)...).tidy()
}

// and is the intersection with another set.
func (x indexes) and(other indexes) indexes {
	return slices.DeleteFunc(slices.Clone(x), func(i int) bool { return !other.has(i) })
}

// String writes three or more in a row as a range.
func (x indexes) String() string {
	var parts []string
	for i := 0; i < len(x); {
		j := i
		for j+1 < len(x) && x[j+1] == x[j]+1 {
			j++
		}
		switch {
		case j == i:
			parts = append(parts, strconv.Itoa(x[i]))
		case j == i+1:
			parts = append(parts, strconv.Itoa(x[i]), strconv.Itoa(x[j]))
		default:
			parts = append(parts, strconv.Itoa(x[i])+"-"+strconv.Itoa(x[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
