package volume

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// SubPath is a path within a volume, without any links, for a container to be
// shown. It is made a folder if it is not there. Links that lead out of the
// volume are refused.
func SubPath(volume, sub string) (string, error) {
	if sub == "" {
		return volume, nil
	}
	if !filepath.IsLocal(sub) {
		return "", fmt.Errorf("failed to prepare subPath: %q leads out of the volume", sub)
	}
	root, err := os.OpenRoot(volume)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if _, err := root.Stat(sub); os.IsNotExist(err) {
		err = root.MkdirAll(sub, 0o750)
		if err != nil {
			return "", fmt.Errorf("failed to create subPath directory: %w", err)
		}
	} else if err != nil {
		return "", fmt.Errorf("failed to prepare subPath: %w", err)
	}
	top, err := filepath.EvalSymlinks(volume)
	if err != nil {
		return "", err
	}
	path, err := filepath.EvalSymlinks(filepath.Join(top, sub))
	if err != nil {
		return "", err
	}
	if path != top && !strings.HasPrefix(path, top+string(filepath.Separator)) {
		return "", fmt.Errorf("failed to prepare subPath: %q leads out of the volume", sub)
	}
	return path, nil
}
