package userland

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

func allLines(data []byte) []string {
	var out []string
	lines(strings.NewReader(string(data)), func(line string) bool {
		out = append(out, line)
		return true
	})
	return out
}

func sortLines(t *tool) int {
	f, ok := t.parse("nrufk:t:bdghisVo:cz", map[string]string{"numeric-sort": "n", "reverse": "r", "unique": "u", "key": "k", "field-separator": "t"})
	if !ok {
		return 2
	}
	all := allLines(t.slurp(f.rest))
	order := func(a, b string) int { return sortOrder(f, a, b) }
	slices.SortStableFunc(all, func(a, b string) int {
		n := order(a, b)
		if n == 0 && !f.any("su") {
			n = strings.Compare(a, b)
		}
		if f.has("r") {
			n = -n
		}
		return n
	})
	if f.has("u") {
		all = slices.CompactFunc(all, func(a, b string) bool { return order(a, b) == 0 })
	}
	text := strings.Join(append(all, ""), "\n")
	if out := f.value("o", ""); out != "" {
		if err := t.writeFile(out, []byte(text), 0o666); err != nil {
			return t.fail("%s: %v", out, err)
		}
		return 0
	}
	t.print(text)
	return 0
}

// sortOrder compares two lines by their keys.
func sortOrder(f *flags, a, b string) int {
	keys := f.values["k"]
	if len(keys) == 0 {
		return compareText(a, b, f, "")
	}
	for _, key := range keys {
		n := compareText(sortKey(a, key, f.value("t", "")), sortKey(b, key, f.value("t", "")), f, key)
		if strings.Contains(key, "r") {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}

func sortKey(line, key, sep string) string {
	from, to, hasEnd := strings.Cut(key, ",")
	first, _ := strconv.Atoi(strings.TrimRight(strings.SplitN(from, ".", 2)[0], "nrbfgh"))
	last, _ := strconv.Atoi(strings.TrimRight(strings.SplitN(to, ".", 2)[0], "nrbfgh"))
	var fields []string
	if sep == "" {
		fields = strings.Fields(line)
	} else {
		fields = strings.Split(line, sep)
	}
	if first < 1 || first > len(fields) {
		return ""
	}
	if !hasEnd || last > len(fields) {
		last = len(fields)
	}
	return strings.Join(fields[first-1:max(last, first)], nameOr(sep != "", sep, " "))
}

func compareText(a, b string, f *flags, key string) int {
	switch {
	case f.any("ng") || strings.ContainsAny(key, "ng"):
		return cmp.Compare(leadingNumber(a), leadingNumber(b))
	case f.has("h") || strings.Contains(key, "h"):
		return cmp.Compare(humanNumber(a), humanNumber(b))
	case f.has("V"):
		return compareVersions(a, b)
	case f.has("f"):
		return strings.Compare(strings.ToUpper(a), strings.ToUpper(b))
	}
	return strings.Compare(a, b)
}

func leadingNumber(text string) float64 {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || end == 0 && text[end] == '-') {
		end++
	}
	n, _ := strconv.ParseFloat(text[:end], 64)
	return n
}

func humanNumber(text string) float64 {
	n := leadingNumber(text)
	trimmed := strings.TrimLeft(strings.TrimSpace(text), "0123456789.-")
	if trimmed != "" {
		if at := strings.IndexByte("KMGT", trimmed[0]&^0x20); at >= 0 {
			for range at + 1 {
				n *= 1024
			}
		}
	}
	return n
}

// compareVersions compares the numbers in texts as numbers.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		na, restA := number(a)
		nb, restB := number(b)
		if na >= 0 && nb >= 0 {
			if na != nb {
				return cmp.Compare(na, nb)
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func number(text string) (int, string) {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	if err != nil {
		return -1, text
	}
	return n, text[end:]
}
