package cgroup

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// root is where control groups are mounted, by systemd's convention.
const root = "/sys/fs/cgroup"

// Group is a control group: a path from the root of the hierarchies, such as
// "/kubejig-node-1".
type Group string

// unified reports whether there is one hierarchy for all controllers
// (version 2), rather than one for each.
func unified() bool {
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return err == nil
}

// dir is the folder of a group for a controller.
func (g Group) dir(controller string) string {
	if unified() {
		return filepath.Join(root, string(g))
	}
	return filepath.Join(root, controller, string(g))
}

// OOMKills is how many processes of the group the kernel has killed because
// its memory was used up.
func (g Group) OOMKills() (uint64, error) {
	file := "memory.oom_control"
	if unified() {
		file = "memory.events"
	}
	return keyed(filepath.Join(g.dir("memory"), file), "oom_kill")
}

// Usage is what a group uses.
type Usage struct {
	// CPU is the processor time used so far.
	CPU time.Duration
	// Memory is the working set in bytes: what is used, without the part of the
	// file cache that could go at once.
	Memory uint64
}

// Usage reads what the group uses.
func (g Group) Usage() (Usage, error) {
	if unified() {
		return g.usage2()
	}
	return g.usage1()
}

func (g Group) usage1() (Usage, error) {
	nanoseconds, err := number(filepath.Join(g.dir("cpuacct"), "cpuacct.usage"))
	if err != nil {
		return Usage{}, err
	}
	used, err := number(filepath.Join(g.dir("memory"), "memory.usage_in_bytes"))
	if err != nil {
		return Usage{}, err
	}
	cache, err := keyed(filepath.Join(g.dir("memory"), "memory.stat"), "total_inactive_file")
	return Usage{CPU: time.Duration(nanoseconds), Memory: used - min(cache, used)}, err
}

func (g Group) usage2() (Usage, error) {
	microseconds, err := keyed(filepath.Join(g.dir(""), "cpu.stat"), "usage_usec")
	if err != nil {
		return Usage{}, err
	}
	used, err := number(filepath.Join(g.dir(""), "memory.current"))
	if err != nil {
		return Usage{}, err
	}
	cache, err := keyed(filepath.Join(g.dir(""), "memory.stat"), "inactive_file")
	return Usage{CPU: time.Duration(microseconds) * time.Microsecond, Memory: used - min(cache, used)}, err
}

func number(file string) (uint64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
}

// keyed is the value of a key in a file of lines "key value".
func keyed(file, key string) (uint64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), key+" "); ok {
			return strconv.ParseUint(value, 10, 64)
		}
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("%s has no %s", file, key)
}

// Remove removes a group in all hierarchies, with the groups in it. They must
// have no processes any more.
func (g Group) Remove() error {
	dirs := []string{g.dir("")}
	if !unified() {
		var err error
		if dirs, err = filepath.Glob(filepath.Join(root, "*", string(g))); err != nil {
			return err
		}
	}
	var errs []error
	for _, dir := range dirs {
		errs = append(errs, removeTree(dir))
	}
	return errors.Join(errs...)
}

// removeTree removes the folders of a group from the leaves up. The files in
// them go by themselves.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("remove control group %s: %w", dir, err)
	}
	return nil
}
