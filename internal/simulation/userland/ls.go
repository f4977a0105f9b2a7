package userland

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

func ls(t *tool) int {
	f, ok := t.parse("1AaCxdLHRFplinshrSXvctukgGwTo", map[string]string{"all": "a", "color": "G", "full-time": "e", "recursive": "R"})
	if !ok {
		return 1
	}
	l := &lister{t: t, f: f, width: t.screenWidth()}
	names := f.rest
	if len(names) == 0 {
		names = []string{"."}
	}
	var files []filesystem.Info
	var dirs []string
	for _, name := range names {
		info, err := t.p.Stat(name)
		if err != nil || f.any("d") || f.any("l") && !strings.HasSuffix(name, "/") {
			if link, linkErr := t.p.Lstat(name); linkErr == nil && (err != nil || f.any("d") || link.Kind == filesystem.Symlink) {
				info, err = link, nil
			}
		}
		switch {
		case err != nil && t.gnu:
			t.fail("cannot access '%s': %v", name, err)
			t.code = 2
		case err != nil:
			t.fail("%s: %v", name, err)
		case info.IsDir() && !f.has("d"):
			dirs = append(dirs, name)
		default:
			info.Name = name
			files = append(files, info)
		}
	}
	l.show(files, false)
	for i, dir := range dirs {
		l.directory(dir, len(dirs)+len(files) > 1 || f.has("R"), i == 0 && len(files) == 0)
	}
	return 0
}

// lister prints files for ls.
type lister struct {
	t     *tool
	f     *flags
	width int // 0: one per line
}

// screenWidth is the width of the terminal that the output goes to, or 0.
func (t *tool) screenWidth() int {
	if !t.p.IsTerminal(1) {
		return 0
	}
	_, cols := t.p.WindowSize()
	return cols
}

func (l *lister) directory(dir string, titled, first bool) {
	files, err := l.t.p.ReadDir(dir)
	if err != nil {
		if l.t.gnu {
			l.t.fail("cannot open directory '%s': %v", dir, err)
		} else {
			l.t.fail("can't open '%s': %v", dir, err)
		}
		return
	}
	if titled {
		if !first {
			l.t.print("\n")
		}
		l.t.print(dir + ":\n")
	}
	files = l.visible(dir, files)
	l.show(files, true)
	if l.f.has("R") {
		for _, file := range files {
			if file.IsDir() && file.Name != "." && file.Name != ".." {
				l.directory(strings.TrimSuffix(dir, "/")+"/"+file.Name, true, false)
			}
		}
	}
}

// visible leaves out the hidden files unless they are asked for.
func (l *lister) visible(dir string, files []filesystem.Info) []filesystem.Info {
	var out []filesystem.Info
	if l.f.has("a") {
		for _, name := range []string{".", ".."} {
			if info, err := l.t.p.Stat(strings.TrimSuffix(dir, "/") + "/" + name); err == nil {
				info.Name = name
				out = append(out, info)
			}
		}
	}
	for _, file := range files {
		if l.f.any("aA") || !strings.HasPrefix(file.Name, ".") {
			out = append(out, file)
		}
	}
	return out
}

func (l *lister) sort(files []filesystem.Info) {
	slices.SortStableFunc(files, func(a, b filesystem.Info) int {
		order := 0
		switch {
		case l.f.has("t"):
			order = b.ModTime.Compare(a.ModTime)
		case l.f.has("S"):
			order = int(b.Size - a.Size)
		}
		if order == 0 {
			order = strings.Compare(a.Name, b.Name)
		}
		if l.f.has("r") {
			order = -order
		}
		return order
	})
}

func (l *lister) show(files []filesystem.Info, total bool) {
	l.sort(files)
	switch {
	case l.f.any("lnog"):
		l.long(files, total)
	case l.f.has("1") || l.width == 0:
		for _, file := range files {
			l.t.print(l.inode(file) + l.label(file) + "\n")
		}
	default:
		l.columns(files)
	}
}

func (l *lister) inode(file filesystem.Info) string {
	if !l.f.has("i") {
		return ""
	}
	return strconv.Itoa(int(file.Ino)) + " "
}

// label is the name with the sign of its kind.
func (l *lister) label(file filesystem.Info) string {
	name := file.Name
	switch {
	case file.IsDir() && l.f.any("Fp"):
		name += "/"
	case l.f.has("F") && file.Kind == filesystem.Symlink:
		name += "@"
	case l.f.has("F") && file.Kind == filesystem.Regular && file.Mode&0o111 != 0:
		name += "*"
	}
	return name
}

func (l *lister) columns(files []filesystem.Info) {
	if len(files) == 0 {
		return
	}
	widest := 0
	for _, file := range files {
		widest = max(widest, len(l.label(file)))
	}
	perLine := max(1, l.width/(widest+2))
	rows := (len(files) + perLine - 1) / perLine
	for row := range rows {
		var line strings.Builder
		for i := row; i < len(files); i += rows {
			label := l.label(files[i])
			line.WriteString(label)
			if i+rows < len(files) {
				line.WriteString(strings.Repeat(" ", widest+2-len(label)))
			}
		}
		l.t.print(line.String() + "\n")
	}
}

// blocks is the space that files take, in the 1 KiB blocks of `total`.
func blocks(files []filesystem.Info) int64 {
	var n int64
	for _, file := range files {
		if file.Kind != filesystem.Symlink {
			n += (file.Size + 4095) / 4096 * 4
		}
	}
	return n
}

func (l *lister) long(files []filesystem.Info, total bool) {
	if total {
		l.t.printf("total %d\n", blocks(files))
	}
	users, groups := l.t.names("/etc/passwd"), l.t.names("/etc/group")
	now := l.t.p.Now()
	for _, file := range files {
		target := ""
		if file.Kind == filesystem.Symlink {
			target = " -> " + file.Target
		}
		size := strconv.FormatInt(file.Size, 10)
		if l.f.has("h") {
			size = human(file.Size)
		}
		if file.Kind == filesystem.Device {
			size = "1,   3"
		}
		user, group := name(users, file.UID, l.f.has("n")), name(groups, file.GID, l.f.has("n"))
		if l.t.gnu {
			l.t.printf("%s%s %d %s %s %s %s %s%s\n", l.inode(file), file, file.Links, user, group, size, fileDate(file.ModTime, now), l.label(file), target)
			continue
		}
		l.t.printf("%s%s %4d %-8s %-8s %9s %s %s%s\n", l.inode(file), file, file.Links, user, group, size, fileDate(file.ModTime, now), l.label(file), target)
	}
}

// fileDate shows the time of day for recent files, and the year for others.
func fileDate(at, now time.Time) string {
	at = at.UTC()
	if age := now.Sub(at); age > 183*24*time.Hour || age < -time.Hour {
		return at.Format("Jan _2  2006")
	}
	return at.Format("Jan _2 15:04")
}

// human shows a size as -h does.
func human(n int64) string {
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	size := float64(n)
	unit := 0
	for size >= 1024 && unit < 4 {
		size /= 1024
		unit++
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + string(" KMGT"[unit])
}

func name(names map[int]string, id int, numeric bool) string {
	if known, ok := names[id]; ok && !numeric {
		return known
	}
	return strconv.Itoa(id)
}

// names maps the IDs in /etc/passwd or /etc/group to names.
func (t *tool) names(file string) map[int]string {
	names := map[int]string{}
	data, _ := t.p.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 {
			if id, err := strconv.Atoi(fields[2]); err == nil && names[id] == "" {
				names[id] = fields[0]
			}
		}
	}
	return names
}

// lookupID finds the ID of a name in /etc/passwd or /etc/group; -1 for none.
func (t *tool) lookupID(file, name string) (int, bool) {
	if name == "" {
		return -1, true
	}
	if id, err := strconv.Atoi(name); err == nil {
		return id, true
	}
	data, _ := t.p.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[0] == name {
			id, err := strconv.Atoi(fields[2])
			return id, err == nil
		}
	}
	return 0, false
}
