package image

import (
	"fmt"
	"maps"
	"strings"
)

// Catalog finds images by reference. Definitions that were declared later come
// before those declared earlier, and all before the built-in ones.
type Catalog struct {
	declared []Definition
	made     map[string]*Image // by canonical name
	names    map[string]*Image // by name as it was asked for
}

// NewCatalog returns a catalogue with the built-in images.
func NewCatalog() *Catalog { return &Catalog{made: map[string]*Image{}, names: map[string]*Image{}} }

// Declare adds a definition.
func (c *Catalog) Declare(d Definition) {
	c.declared = append(c.declared, d)
	clear(c.made)
	clear(c.names)
}

// Clone is a catalogue that goes its own way.
func (c *Catalog) Clone() *Catalog {
	return &Catalog{declared: c.declared[:len(c.declared):len(c.declared)], made: maps.Clone(c.made), names: maps.Clone(c.names)}
}

// Find returns the image that a name stands for. Every well-formed name has
// one, though it may not be possible to pull it (see Image.PullError).
func (c *Catalog) Find(name string) (*Image, error) {
	if i, ok := c.names[name]; ok {
		return i, nil
	}
	r, err := ParseReference(name)
	if err != nil {
		return nil, err
	}
	key := r.String()
	i, ok := c.made[key]
	if !ok {
		i = c.define(r).complete(r)
		c.made[key] = i
	}
	c.names[name] = i
	return i, nil
}

func (c *Catalog) define(r Reference) Definition {
	for n := len(c.declared) - 1; n >= 0; n-- {
		if c.declared[n].matches(r) {
			return c.declared[n]
		}
	}
	for _, d := range builtin() {
		if d.matches(r) {
			return d
		}
	}
	return unknown
}

func (d Definition) matches(r Reference) bool {
	name, whole := r.Familiar(), r.Familiar()+":"+r.Tag
	for _, match := range d.Match {
		if match == name || match == whole || strings.HasSuffix(match, "/") && strings.HasPrefix(name, match) {
			return true
		}
	}
	return false
}

// notFound is the error of pulling a reference that does not exist, in
// containerd's words.
func notFound(r Reference) error {
	name := r.String()
	return fmt.Errorf("failed to pull and unpack image %q: failed to resolve image: %s: not found", name, name)
}

// noHost is the error of pulling from a registry that does not exist.
func noHost(r Reference) error {
	return fmt.Errorf("failed to pull and unpack image %q: failed to resolve image: failed to do request: "+
		"Head \"https://%s/v2/%s/manifests/%s\": dial tcp: lookup %s: no such host", r.String(), r.Domain, r.Path, r.Tag, r.Domain)
}
