package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/kubejig/kubejig/internal/pattern"
)

// Reference is a parsed image name, with docker.io and library filled in.
type Reference struct {
	Domain string // docker.io
	Path   string // library/nginx
	Tag    string // latest; "" if there is a digest
	Digest string // sha256:...; "" if there is none
}

var (
	pathPattern = pattern.Lazy(`^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$`)
	tagPattern  = pattern.Lazy(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	hashPattern = pattern.Lazy(`^[a-z0-9]+:[0-9a-f]{32,}$`)
)

// ParseReference parses an image name as a container runtime does.
func ParseReference(name string) (Reference, error) {
	bad := fmt.Errorf("couldn't parse image name %q: invalid reference format", name)
	rest, digest, hasDigest := strings.Cut(name, "@")
	if hasDigest && !hashPattern().MatchString(digest) {
		return Reference{}, bad
	}
	r := Reference{Domain: "docker.io", Digest: digest}
	if first, after, ok := strings.Cut(rest, "/"); ok && (strings.ContainsAny(first, ".:") || first == "localhost") {
		r.Domain, rest = first, after
	}
	r.Path = rest
	if at := strings.LastIndexByte(rest, ':'); at >= 0 {
		r.Path, r.Tag = rest[:at], rest[at+1:]
		if !tagPattern().MatchString(r.Tag) {
			return Reference{}, bad
		}
	}
	if r.Domain == "docker.io" && !strings.Contains(r.Path, "/") {
		r.Path = "library/" + r.Path
	}
	if !pathPattern().MatchString(r.Path) {
		return Reference{}, bad
	}
	if r.Tag == "" && r.Digest == "" {
		r.Tag = "latest"
	}
	return r, nil
}

// Repository is the name without tag and digest.
func (r Reference) Repository() string { return r.Domain + "/" + r.Path }

// Familiar is the repository without what was filled in.
func (r Reference) Familiar() string {
	if r.Domain != "docker.io" {
		return r.Repository()
	}
	return strings.TrimPrefix(r.Path, "library/")
}

// String is the whole name.
func (r Reference) String() string {
	out := r.Repository()
	if r.Tag != "" {
		out += ":" + r.Tag
	}
	if r.Digest != "" {
		out += "@" + r.Digest
	}
	return out
}

// Version is the tag up to the first dash, which is mostly the version of what
// the image holds; "" for latest and the like.
func (r Reference) Version() string {
	version, _, _ := strings.Cut(r.Tag, "-")
	if version == "" || version[0] < '0' || version[0] > '9' {
		return ""
	}
	return version
}

// hash derives a digest from text.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}
