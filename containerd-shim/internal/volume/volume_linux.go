package volume

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// Tokens issues service account tokens, and says when each expires.
type Tokens func(context.Context, kubelet.Token) (token string, expires time.Time, err error)

// Made is a volume that is there.
type Made struct {
	// Path on the node.
	Path string
	// Renew is when a token in it should be replaced by another Make, zero for
	// never.
	Renew time.Time
}

// Make makes a volume in the folder of a pod's volumes, or replaces what is in
// it.
func Make(ctx context.Context, dir string, v kubelet.Volume, tokens Tokens) (Made, error) {
	path := filepath.Join(dir, v.Name)
	source := v.Source
	switch {
	case v.Persistent != nil:
		return persistent(v.Persistent)
	case source == nil:
		return showFiles(ctx, path, v, tokens)
	case source.EmptyDir != nil:
		return Made{Path: path}, emptyDir(path, source.EmptyDir, v.FSGroup)
	case source.HostPath != nil:
		return hostPath(source.HostPath)
	}
	return Made{}, fmt.Errorf("volumes of type %s are not supported on this node", sourceType(*source))
}

// sourceType is the name of the only field that is set.
func sourceType(source any) string {
	v := reflect.ValueOf(source)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return "unknown"
}

func persistent(pv *corev1.PersistentVolume) (Made, error) {
	switch source := pv.Spec.PersistentVolumeSource; {
	case source.HostPath != nil:
		return hostPath(source.HostPath)
	case source.Local != nil:
		return hostPath(&corev1.HostPathVolumeSource{Path: source.Local.Path})
	default:
		return Made{}, fmt.Errorf("persistent volume %s: volumes of type %s are not supported on this node", pv.Name, sourceType(source))
	}
}
