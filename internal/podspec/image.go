package podspec

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/pattern"
)

var (
	imageDomain     = pattern.Lazy(`^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$`)
	imageRepository = pattern.Lazy(`^[a-z0-9]+(?:(?:\.|_|__|-+|/)[a-z0-9]+)*$`)
	imageTag        = pattern.Lazy(`^\w[\w.-]{0,127}$`)
	imageDigest     = pattern.Lazy(`^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$`)
	imageID         = pattern.Lazy(`^[a-f0-9]{64}$`)
)

const (
	// maxRepository is how long the name of a repository may be.
	maxRepository = 255
	// officialRepositories is where names without a slash are.
	officialRepositories = "library/"
)

// defaultPullPolicy is Always for images tagged latest, which includes those
// without a tag or digest, and IfNotPresent for all others, including
// references that do not parse.
func defaultPullPolicy(image string) corev1.PullPolicy {
	if ImageTag(image) == "latest" {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

// ImageTag returns the tag of an image reference, "latest" if it has neither
// tag nor digest, and "" if it has only a digest or does not parse.
func ImageTag(image string) string {
	name, digest, hasDigest := strings.Cut(image, "@")
	if hasDigest && !imageDigest().MatchString(digest) {
		return ""
	}
	tag := ""
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		name, tag = name[:colon], name[colon+1:]
		if !imageTag().MatchString(tag) {
			return ""
		}
	}
	// What could be the ID of an image is not the name of one.
	if imageID().MatchString(image) || !isImageName(name) {
		return ""
	}
	if tag == "" && !hasDigest {
		return "latest"
	}
	return tag
}

// isImageName reports whether name is [domain/]repository; the first element
// is a domain only if it could not be a repository of the default registry.
func isImageName(name string) bool {
	first, rest, found := strings.Cut(name, "/")
	isDomain := strings.ContainsAny(first, ".:") || first == "localhost" || strings.ToLower(first) != first
	switch {
	case !found:
		return isRepository(officialRepositories + name)
	case isDomain:
		return imageDomain().MatchString(first) && isRepository(rest)
	}
	return isRepository(name)
}

func isRepository(name string) bool {
	return len(name) <= maxRepository && imageRepository().MatchString(name)
}
