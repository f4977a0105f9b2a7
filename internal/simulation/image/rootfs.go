package image

import (
	"slices"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/userland"
)

// built is the modification time of the files in images.
var built = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// Rootfs makes the root file system of an image.
type Rootfs struct {
	view *filesystem.View
	fs   *filesystem.FileSystem
}

// directories are in every image that has files.
var directories = []string{
	"/bin", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys",
	"/tmp", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/sbin", "/var/log", "/var/run", "/var/tmp",
}

// NewRootfs returns a root file system with the usual directories.
func NewRootfs() *Rootfs {
	fs := filesystem.New(0o755, built)
	r := &Rootfs{fs: fs, view: &filesystem.View{
		Mounts: filesystem.Mounts{{Path: "/", FS: fs, Root: filesystem.RootIno}}, Now: built,
	}}
	for _, dir := range directories {
		r.Dir(dir, 0o755)
	}
	r.Dir("/tmp", 0o1777)
	r.Dir("/var/tmp", 0o1777)
	r.Dir("/root", 0o700)
	return r
}

// Dir makes a directory.
func (r *Rootfs) Dir(path string, mode uint32) *Rootfs {
	r.view.MkdirAll(path, 0o755) //nolint:errcheck // the table of an image is right
	r.view.Chmod(path, mode)     //nolint:errcheck // the table of an image is right
	return r
}

// File makes a file and the directories above it.
func (r *Rootfs) File(path, content string, mode uint32) *Rootfs {
	r.Dir(path[:max(strings.LastIndexByte(path, '/'), 1)], 0o755)
	r.view.WriteFile(path, []byte(content), mode) //nolint:errcheck // the table of an image is right
	return r
}

// Own gives a file or directory to a user and group.
func (r *Rootfs) Own(path string, uid, gid int) *Rootfs {
	r.view.Chown(path, uid, gid) //nolint:errcheck // the table of an image is right
	return r
}

// Link makes a symbolic link.
func (r *Rootfs) Link(path, target string) *Rootfs {
	r.view.Symlink(target, path) //nolint:errcheck // the table of an image is right
	return r
}

// Binary makes an executable that runs the program of the given name.
func (r *Rootfs) Binary(path, program, variant string) *Rootfs {
	r.File(path, string(process.Binary(program, variant)), 0o755)
	return r
}

// FileSystem is what was made.
func (r *Rootfs) FileSystem() *filesystem.FileSystem { return r.fs }

// users writes /etc/passwd and /etc/group.
func (r *Rootfs) users(shell string, more ...string) *Rootfs {
	passwd := "root:x:0:0:root:/root:" + shell + "\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nbin:x:2:2:bin:/bin:/bin/false\n" +
		"sys:x:3:3:sys:/dev:/bin/false\nmail:x:8:8:mail:/var/spool/mail:/bin/false\nwww-data:x:33:33:www-data:/var/www:/bin/false\n" +
		"nobody:x:65534:65534:nobody:/home:/bin/false\n"
	group := "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\nmail:x:8:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n"
	for _, user := range more {
		fields := strings.Split(user, ":")
		passwd += fields[0] + ":x:" + fields[1] + ":" + fields[1] + ":" + fields[0] + ":/var/lib/" + fields[0] + ":/bin/false\n"
		group += fields[0] + ":x:" + fields[1] + ":\n"
	}
	return r.File("/etc/passwd", passwd, 0o644).File("/etc/group", group, 0o644)
}

// inSbin are the commands that are not in /bin or /usr/bin.
var inSbin = []string{"chroot", "sysctl", "dmesg"}

// Busybox makes the files of a busybox image of the given version.
func Busybox(version string) *Rootfs {
	r := NewRootfs().users("/bin/sh")
	r.Binary("/bin/busybox", "busybox", version)
	for _, name := range append(userland.Names(), "sh", "ash") {
		if !slices.Contains(gnuOnly, name) {
			r.Link("/bin/"+name, "busybox")
		}
	}
	return r.File("/etc/hostname", "localhost\n", 0o644)
}

// Alpine makes the files of an Alpine image of the given version.
func Alpine(version string) *Rootfs {
	r := NewRootfs().users("/bin/ash")
	r.Binary("/bin/busybox", "busybox", "1.36")
	for _, name := range append(userland.Names(), "sh", "ash") {
		if !slices.Contains(gnuOnly, name) {
			r.Link("/bin/"+name, "/bin/busybox")
		}
	}
	r.File("/etc/alpine-release", version+".0\n", 0o644)
	r.File("/etc/os-release", "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID="+version+".0\nPRETTY_NAME=\"Alpine Linux v"+version+
		"\"\nHOME_URL=\"https://alpinelinux.org/\"\n", 0o644)
	return r
}

// gnuOnly are commands that busybox does not have.
var gnuOnly = []string{"curl", "getent", "redis-cli"}

// notInDebian are commands that the slim Debian images come without.
var notInDebian = []string{
	"wget", "nslookup", "nc", "ping", "ps", "top", "free", "uptime", "pgrep", "pkill", "pidof", "killall", "watch",
	"telnet", "traceroute", "ifconfig", "ip", "route", "netstat", "vi", "xxd", "hexdump", "usleep", "dig", "host", "curl", "sysctl", "strings", "arping", "ss",
}

// Debian makes the files of a Debian or Ubuntu image, with some commands more
// than a slim one has.
func Debian(pretty, id, version string, more ...string) *Rootfs {
	r := NewRootfs().users("/bin/bash")
	for _, name := range userland.Names() {
		if !slices.Contains(notInDebian, name) || slices.Contains(more, name) {
			r.Binary("/usr/bin/"+name, name, "gnu")
			r.Link("/bin/"+name, "/usr/bin/"+name)
		}
	}
	r.Binary("/bin/bash", "bash", "").Binary("/bin/dash", "dash", "").Link("/bin/sh", "dash")
	r.File("/etc/debian_version", version+"\n", 0o644)
	r.File("/etc/os-release", "PRETTY_NAME=\""+pretty+"\"\nNAME=\""+id+"\"\nVERSION_ID=\""+version+"\"\nID="+strings.ToLower(strings.Fields(id)[0])+"\n", 0o644)
	return r
}
