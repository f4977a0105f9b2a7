package resources

import (
	"fmt"
	"strconv"
	"strings"
)

// indexRanges are the indexes of an indexed job, as in "1,3-5,7".
type indexRanges []indexRange

// indexRange includes both its ends.
type indexRange struct{ first, last int }

// parseIndexes parses increasing ranges of indexes below completions.
func parseIndexes(s string, completions int32) (indexRanges, error) {
	if s == "" {
		return nil, nil
	}
	var ranges indexRanges
	for _, part := range strings.Split(s, ",") {
		r, err := parseIndexRange(part, completions)
		if err != nil {
			return nil, err
		}
		if n := len(ranges); n > 0 && ranges[n-1].last >= r.first {
			return nil, fmt.Errorf("non-increasing order, previous: %d, current: %d", ranges[n-1].last, r.first)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

func parseIndexRange(s string, completions int32) (indexRange, error) {
	parts := strings.Split(s, "-")
	if len(parts) > 2 {
		return indexRange{}, fmt.Errorf("the fragment %q violates the requirement that an index interval can have at most two parts separated by '-'", s)
	}
	first, err := parseIndex(parts[0], completions)
	if err != nil || len(parts) == 1 {
		return indexRange{first, first}, err
	}
	last, err := parseIndex(parts[1], completions)
	if err == nil && first >= last {
		err = fmt.Errorf("non-increasing order, previous: %d, current: %d", first, last)
	}
	return indexRange{first, last}, err
}

func parseIndex(s string, completions int32) (int, error) {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("cannot convert string to integer for index: %q", s)
	case n >= int(completions):
		return 0, fmt.Errorf("too large index: %q", s)
	}
	return n, nil
}

// len is the number of indexes.
func (r indexRanges) len() int {
	n := 0
	for _, each := range r {
		n += each.last - each.first + 1
	}
	return n
}

// overlap returns an index that is in both.
func (r indexRanges) overlap(other indexRanges) (int, bool) {
	for i, j := 0, 0; i < len(r) && j < len(other); {
		switch a, b := r[i], other[j]; {
		case a.last < b.first:
			i++
		case b.last < a.first:
			j++
		default:
			return max(a.first, b.first), true
		}
	}
	return 0, false
}
