package apiserver

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// processFamilies are the metrics of the process, which other clusters may share:
// of a program in Go, and of what its system tells about it.
func processFamilies(started time.Time) []*family {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	one := func(name, kind, help string, value float64, l ...label) *family {
		f := &family{name: name, kind: kind, help: help}
		f.add(value, l...)
		return f
	}
	families := []*family{
		one("go_goroutines", "gauge", "How many goroutines there are.", float64(runtime.NumGoroutine())),
		one("go_info", "gauge", "Always 1; the label is the version of Go.", 1, label{"version", runtime.Version()}),
		one("go_memstats_alloc_bytes", "gauge", "Bytes of objects that are in use.", float64(memory.Alloc)),
		one("go_memstats_alloc_bytes_total", "counter", "Bytes of all objects that there ever were.", float64(memory.TotalAlloc)),
		one("go_memstats_heap_alloc_bytes", "gauge", "Bytes of objects on the heap that are in use.", float64(memory.HeapAlloc)),
		one("go_memstats_heap_inuse_bytes", "gauge", "Bytes of the heap that hold objects.", float64(memory.HeapInuse)),
		one("go_memstats_heap_objects", "gauge", "How many objects are on the heap.", float64(memory.HeapObjects)),
		one("go_memstats_sys_bytes", "gauge", "Bytes that the system has given.", float64(memory.Sys)),
		one("process_start_time_seconds", "gauge", "When the API server began, in seconds since 1970.", float64(started.UnixMilli())/1000),
	}
	if cpu, resident, ok := systemsView(); ok {
		families = append(families,
			one("process_cpu_seconds_total", "counter", "Seconds of CPU time, of the system's too.", cpu),
			one("process_resident_memory_bytes", "gauge", "Bytes of memory that the process occupies.", resident))
	}
	return families
}

// systemsView is the CPU time and memory that the process has had, where the
// system has files about that.
func systemsView() (cpuSeconds, residentBytes float64, ok bool) {
	text, err := os.ReadFile("/proc/self/stat")
	_, rest, found := strings.Cut(string(text), ") ") // the name, in brackets, may have spaces
	fields := strings.Fields(rest)
	const user, system, pages = 11, 12, 21 // places after the name
	if err != nil || !found || len(fields) <= pages {
		return 0, 0, false
	}
	value := func(i int) float64 {
		v, _ := strconv.ParseFloat(fields[i], 64)
		return v
	}
	const ticksPerSecond = 100
	return (value(user) + value(system)) / ticksPerSecond, value(pages) * float64(os.Getpagesize()), true
}
