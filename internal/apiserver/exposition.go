package apiserver

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// family is a metric in Prometheus' text format.
type family struct {
	name, kind, help string
	samples          []sample
}

// sample is one value. Those of a histogram have a suffix.
type sample struct {
	suffix string
	labels labelSet
	value  float64
}

type label struct{ name, value string }

type labelSet []label

func (l labelSet) String() string {
	if len(l) == 0 {
		return ""
	}
	var parts []string
	for _, label := range l {
		parts = append(parts, label.name+"="+strconv.Quote(label.value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (f *family) add(value float64, l ...label) {
	f.samples = append(f.samples, sample{labels: l, value: value})
}

// sorted puts the samples, which may come from a map, in order.
func (f *family) sorted() *family {
	slices.SortFunc(f.samples, func(a, b sample) int { return cmp.Compare(a.labels.String(), b.labels.String()) })
	return f
}

// writeFamilies shows families that have samples.
func writeFamilies(b *strings.Builder, families []*family) {
	slices.SortFunc(families, func(a, b *family) int { return cmp.Compare(a.name, b.name) })
	for _, f := range families {
		if len(f.samples) == 0 {
			continue
		}
		fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
		for _, s := range f.samples {
			fmt.Fprintf(b, "%s%s%s %s\n", f.name, s.suffix, s.labels, number(s.value))
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// histogram counts values by their size.
type histogram struct {
	buckets []float64
	counts  []int64
	sum     float64
	count   int64
}

func newHistogram(buckets []float64) *histogram {
	return &histogram{buckets: buckets, counts: make([]int64, len(buckets))}
}

// durationBuckets are those of the durations of requests, in seconds.
var durationBuckets = []float64{
	0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
}

func (h *histogram) observe(v float64) {
	for i, upTo := range h.buckets {
		if v <= upTo {
			h.counts[i]++
		}
	}
	h.sum, h.count = h.sum+v, h.count+1
}

// samples are those of a histogram, in a family of histograms.
func (h *histogram) samples(l labelSet) []sample {
	var all []sample
	bucket := func(upTo string, n int64) {
		all = append(all, sample{"_bucket", append(l[:len(l):len(l)], label{"le", upTo}), float64(n)})
	}
	for i, upTo := range h.buckets {
		bucket(number(upTo), h.counts[i])
	}
	bucket("+Inf", h.count)
	return append(all, sample{"_sum", l, h.sum}, sample{"_count", l, float64(h.count)})
}
