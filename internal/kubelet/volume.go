package kubelet

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Volume is a volume of a pod as a Runtime makes it. Exactly one of Files,
// Persistent and Source says what it is.
type Volume struct {
	Name string
	// Files is the content of a volume that shows API objects, in order of
	// path.
	Files []File
	// Persistent is the volume that a claim is bound to.
	Persistent *corev1.PersistentVolume
	// Source is any other volume, as the pod's spec has it: emptyDir, hostPath
	// and the like.
	Source *corev1.VolumeSource
	// ReadOnly volumes can't be mounted for writing.
	ReadOnly bool
	// FSGroup owns the files, if set.
	FSGroup *int64
}

// File is a file of a volume.
type File struct {
	// Path within the volume.
	Path string
	Mode int32
	Data string
	// Token is set for a file that holds a service account token, which the
	// runtime's side asks for and renews; Data is "" then.
	Token *Token
}

// Token describes a service account token that is bound to a pod.
type Token struct {
	Namespace      string
	ServiceAccount string
	Audience       string // "" for the API server's
	Seconds        int64  // of its life
	Pod            string
	UID            types.UID
}
