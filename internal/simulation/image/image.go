// Package image is the catalogue of images in the simulated world: what a
// reference stands for, how long it takes to pull and start, and the program
// and files that a container of it has.
//
// An image is data and immutable, so that worlds can share it.
package image

import (
	"sync"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
	"github.com/kubejig/kubejig/internal/simulation/userland"
)

// Image is what a reference stands for.
type Image struct {
	Reference Reference
	Name      string // the reference as text
	ID        string // digest of the configuration
	Digest    string // digest of the manifest
	Size      int64  // bytes

	PullTime  time.Duration
	StartTime time.Duration
	PullError error // the image can't be pulled

	Entrypoint []string
	Cmd        []string
	Env        []string
	User       string
	WorkingDir string
	StopSignal process.Signal // 0: TERM

	// Main is the program of the default entrypoint, for containers that are
	// started without looking at their files. Nil: look there.
	Main    process.Program
	Variant string // of Main

	// Programs are the programs that binaries in Files name, besides those of
	// package userland.
	Programs map[string]process.Program

	// Usage is what a container uses; nil: very little.
	Usage func(u Use) Usage
	// UsageVaries says that the memory that a container uses changes with
	// time, so that its limit must be watched.
	UsageVaries bool

	files func() *filesystem.FileSystem
}

// Files are the files of the image, which must not be changed.
func (i *Image) Files() *filesystem.FileSystem { return i.files() }

// Load finds a program that a binary of the image names.
func (i *Image) Load(name string) (process.Program, bool) {
	if p, ok := i.Programs[name]; ok {
		return p, true
	}
	return userland.Load(name)
}

// Use is what the usage of a container depends on.
type Use struct {
	Elapsed time.Duration // since the container started
	Args    []string      // of its first process
	Data    process.Data  // of its first process, if that is a daemon
}

// Usage is what a container uses at an instant.
type Usage struct {
	CPU    float64 // cores
	Memory int64   // bytes, the working set
}

// Definition says what images a family of references stands for.
type Definition struct {
	// Match are the repositories, in the familiar form (nginx, or
	// registry.k8s.io/pause); one that ends with a slash matches all below.
	Match []string
	// Make fills in an image. It may leave out what has a default.
	Make func(i *Image)
	// Base makes the files; nil: those of a bare image. It is called once for
	// each tag, when a container looks at files first.
	Base func(r Reference) *Rootfs
}

// complete gives an image what its definition left out.
func (d Definition) complete(r Reference) *Image {
	i := &Image{Reference: r, Name: r.String()}
	i.ID, i.Digest = hash("config "+r.String()), hash("manifest "+r.String())
	if r.Digest != "" {
		i.Digest = r.Digest
	}
	number := int64(i.ID[7])<<8 + int64(i.ID[8])
	i.Size = 5<<20 + number<<10
	i.PullTime = time.Second + time.Duration(number%1500)*time.Millisecond
	i.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if d.Make != nil {
		d.Make(i)
	}
	base := d.Base
	if base == nil {
		base = func(Reference) *Rootfs { return NewRootfs().users("/sbin/nologin") }
	}
	i.files = sync.OnceValue(func() *filesystem.FileSystem { return base(r).FileSystem() })
	return i
}
