package userland

import (
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// diskSize is what df shows as the size of a file system, in KiB.
const diskSize = 100 << 20

func df(t *tool) int {
	f, ok := t.parse("hkPTmai", nil)
	if !ok {
		return 1
	}
	mounts, _ := filesAs(t, func(v *filesystem.View) ([]filesystem.Mount, error) {
		if len(f.rest) == 0 {
			return v.Mounts, nil
		}
		var out []filesystem.Mount
		for _, path := range f.rest {
			m, err := v.MountOf(path)
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
		return out, nil
	})
	size := func(kb int64) string {
		if f.has("h") {
			return human(kb * 1024)
		}
		return itoa(int(kb))
	}
	if f.has("h") {
		t.print("Filesystem                Size      Used Available Use% Mounted on\n")
	} else {
		t.print("Filesystem           1K-blocks      Used Available Use% Mounted on\n")
	}
	for _, m := range mounts {
		if m.FS == nil {
			continue
		}
		used := m.FS.Used()/1024 + 1024
		t.printf("%-20s %9s %9s %9s %3d%% %s\n", m.Source, size(diskSize), size(used), size(diskSize-used), used*100/diskSize, m.Path)
	}
	return 0
}

func du(t *tool) int {
	f, ok := t.parse("shkabcd:mx", map[string]string{"summarize": "s", "human-readable": "h", "max-depth": "d"})
	if !ok {
		return 1
	}
	names := f.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	for _, name := range names {
		info, err := t.p.Lstat(name)
		if err != nil {
			t.fail("%s: %v", name, err)
			continue
		}
		t.usage1K(name, info, f, 0)
	}
	return 0
}

// usage1K adds up and prints what a file takes, in KiB.
func (t *tool) usage1K(name string, info filesystem.Info, f *flags, depth int) int64 {
	kb := blocks([]filesystem.Info{info})
	if f.has("b") {
		kb = info.Size
	}
	if info.IsDir() {
		inside, _ := t.p.ReadDir(name)
		for _, file := range inside {
			kb += t.usage1K(strings.TrimSuffix(name, "/")+"/"+file.Name, file, f, depth+1)
		}
	}
	shown := info.IsDir() || f.has("a") || depth == 0
	if shown && (depth == 0 || !f.has("s")) && depth <= f.number("d", 1<<20) {
		text := itoa(int(kb))
		if f.has("h") {
			text = human(kb * 1024)
		}
		t.printf("%s\t%s\n", text, name)
	}
	return kb
}

func free(t *tool) int {
	f, ok := t.parse("bkmgh", nil)
	if !ok {
		return 1
	}
	kb := t.p.Space().Machine.Memory / 1024
	unit := int64(1)
	switch {
	case f.has("m"):
		unit = 1024
	case f.has("g"):
		unit = 1024 * 1024
	}
	show := func(n int64) string {
		if f.has("h") {
			return human(n * 1024)
		}
		return itoa(int(n / unit))
	}
	t.print("              total        used        free      shared  buff/cache   available\n")
	t.printf("Mem:    %11s %11s %11s %11s %11s %11s\n", show(kb), show(kb/4), show(kb/2), show(0), show(kb/4), show(kb*3/4))
	t.printf("Swap:   %11s %11s %11s\n", show(0), show(0), show(0))
	return 0
}

func mount(t *tool) int {
	if len(t.args) > 0 {
		return t.fail("permission denied (are you root?)")
	}
	mounts, _ := filesAs(t, func(v *filesystem.View) ([]filesystem.Mount, error) { return v.Mounts, nil })
	for _, m := range mounts {
		t.printf("%s on %s type %s (%s)\n", m.Source, m.Path, m.Type, m.Options)
	}
	return 0
}
