package image

import "strconv"

// constant is the usage of a container that always uses the same.
func constant(cpu float64, memory int64) func(Use) Usage {
	return func(Use) Usage { return Usage{CPU: cpu, Memory: memory} }
}

// Idle is the usage of containers whose image says nothing about it.
var Idle = Usage{CPU: 0.0005, Memory: 3 << 20}

// stressUsage is what the stress tools are told to use.
func stressUsage(u Use) Usage {
	out := Usage{CPU: 0.001, Memory: 2 << 20}
	if cpus := flag(u.Args, "cpu", flag(u.Args, "cpus", flag(u.Args, "c", ""))); cpus != "" {
		out.CPU, _ = strconv.ParseFloat(cpus, 64)
	}
	if size := flag(u.Args, "vm-bytes", flag(u.Args, "mem-total", "")); size != "" {
		workers, err := strconv.Atoi(flag(u.Args, "vm", flag(u.Args, "m", "1")))
		if err != nil {
			workers = 1
		}
		out.Memory += parseBytes(size) * int64(workers)
		out.CPU = max(out.CPU, 0.05)
	}
	return out
}

// parseBytes reads a size such as 150M or 150Mi.
func parseBytes(text string) int64 {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, _ := strconv.ParseInt(text[:end], 10, 64)
	if end < len(text) {
		switch text[end] {
		case 'K', 'k':
			n <<= 10
		case 'M', 'm':
			n <<= 20
		case 'G', 'g':
			n <<= 30
		}
	}
	return n
}
