package simulation

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/image"
	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// osName is what machines say of themselves in /etc/os-release.
const osName = "kubejig simulated node"

// NodeConfig describes a machine.
type NodeConfig struct {
	Name   string
	Addrs  []netip.Addr
	CPUs   int
	Memory int64  // bytes
	Kernel string // version
}

// Node is a machine on which pods run.
type Node struct {
	world   *World
	name    string
	machine *process.Machine
	stack   *network.Stack
	images  map[string]*image.Image // by name, as pulled
	pulls   map[string]*pull
	disk    *filesystem.FileSystem // nil until somebody looks at it
}

// AddNode adds a machine, which has booted just now.
func (w *World) AddNode(c NodeConfig) *Node {
	n := &Node{
		world: w, name: c.Name, stack: w.fabric.NewStack(c.Addrs...),
		machine: &process.Machine{CPUs: c.CPUs, Memory: c.Memory, Kernel: c.Kernel, Boot: w.kernel.Now()},
		images:  map[string]*image.Image{}, pulls: map[string]*pull{},
	}
	n.stack.Node = true
	w.nodes[c.Name] = n
	return n
}

// RemoveNode takes a machine away. Its pods must be gone.
func (w *World) RemoveNode(name string) {
	if n := w.nodes[name]; n != nil {
		n.stack.Remove()
		delete(w.nodes, name)
	}
}

// Node finds a machine, or returns nil.
func (w *World) Node(name string) *Node { return w.nodes[name] }

// Image is the image of that name if the node has it, or nil.
func (n *Node) Image(name string) *image.Image {
	i, err := n.world.catalog.Find(name)
	if err != nil {
		return nil
	}
	return n.images[i.Name]
}

// Images are the images that the node has, by name.
func (n *Node) Images() []*image.Image {
	out := make([]*image.Image, 0, len(n.images))
	for _, i := range n.images {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b *image.Image) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// RemoveImage deletes an image from the node.
func (n *Node) RemoveImage(name string) {
	if i := n.Image(name); i != nil {
		delete(n.images, i.Name)
	}
}

// Preload gives the node images without pulling them.
func (n *Node) Preload(names ...string) error {
	for _, name := range names {
		i, err := n.world.catalog.Find(name)
		if err != nil {
			return err
		}
		n.images[i.Name] = i
	}
	return nil
}

// pull is an image on its way to a node.
type pull struct {
	node  *Node
	image *image.Image
	names []string // under which it was asked for
	task  process.Task
}

// Pull brings an image to the node. The observer is told when it is there, or
// why it does not come; for a malformed name that is at once.
func (n *Node) Pull(name string) {
	i, err := n.world.catalog.Find(name)
	if err != nil {
		n.world.observer.ImagePulled(n.name, name, err)
		return
	}
	key := i.Name
	if p := n.pulls[key]; p != nil {
		p.names = append(p.names, name)
		return
	}
	p := &pull{node: n, image: i, names: []string{name}}
	p.task.Init(n.world.kernel, p)
	n.pulls[key] = p
	d := i.PullTime
	if n.images[key] == i {
		d = min(d, 300*time.Millisecond) // only the manifest is looked at
	}
	p.task.WakeAt(n.world.kernel.Now().Add(d))
}

// Run ends the pull.
func (p *pull) Run() {
	key := p.image.Name
	delete(p.node.pulls, key)
	if p.image.PullError == nil {
		p.node.images[key] = p.image
	}
	for _, name := range p.names {
		p.node.world.observer.ImagePulled(p.node.name, name, p.image.PullError)
	}
}

// CopyRunner is the pull in a fork.
func (p *pull) CopyRunner(c *process.Copier) *process.Task { return &p.copy(c).task }

func (p *pull) copy(c *process.Copier) *pull {
	return process.Copy(c, p, func(fresh *pull) {
		fresh.task = process.CopyTask(c, &p.task, fresh)
		fresh.node = p.node.copy(c)
		fresh.names = slices.Clone(p.names)
	})
}

// HostPath is a directory or file on the node's disk, as a volume. A missing
// directory is made if create is set; kind "File" makes a file instead.
func (n *Node) HostPath(path string, create bool, kind filesystem.Kind) (*container.Volume, error) {
	if n.disk == nil {
		n.disk = n.installed()
	}
	v := &filesystem.View{
		Mounts: filesystem.Mounts{{Path: "/", FS: n.disk, Root: filesystem.RootIno}}, Now: n.world.kernel.Now(),
	}
	info, err := v.Stat(path)
	if err == filesystem.ENOENT && create {
		if kind == filesystem.Regular {
			err = v.WriteFile(path, nil, 0o644)
		} else {
			err = v.MkdirAll(path, 0o755)
		}
		if err == nil {
			info, err = v.Stat(path)
		}
	}
	if err != nil {
		return nil, err
	}
	return &container.Volume{FS: n.disk, Root: info.Ino, Source: "/dev/vda1", Type: "ext4"}, nil
}

// installed is the disk of a new machine: an operating system, and the folders
// that Kubernetes has on nodes.
func (n *Node) installed() *filesystem.FileSystem {
	return image.Debian(osName, "Debian GNU/Linux", "12").
		Dir("/etc/kubernetes/manifests", 0o755).
		Dir("/var/lib/kubelet", 0o755).
		Dir("/var/log/pods", 0o755).
		File("/etc/hostname", n.name+"\n", 0o644).
		FileSystem()
}

func (n *Node) copy(c *process.Copier) *Node {
	return process.Copy(c, n, func(fresh *Node) {
		fresh.stack = n.stack.Copy(c)
		fresh.disk = c.FileSystem(n.disk)
		fresh.images = make(map[string]*image.Image, len(n.images))
		for name, i := range n.images {
			fresh.images[name] = i
		}
		fresh.pulls = make(map[string]*pull, len(n.pulls))
		for name, p := range n.pulls {
			fresh.pulls[name] = p.copy(c)
		}
	})
}
