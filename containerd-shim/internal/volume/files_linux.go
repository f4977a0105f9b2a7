package volume

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// current is the link to the folder with the present content. What containers
// see are links through it, so that renaming it changes all files at once.
const current = "..data"

// renewAt is the part of a token's life after which it is replaced.
const renewAt = 0.8

// showFiles replaces the content of a volume that is made of files.
func showFiles(ctx context.Context, dir string, v kubelet.Volume, tokens Tokens) (Made, error) {
	made := Made{Path: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return made, err
	}
	files := make([]kubelet.File, len(v.Files))
	for i, f := range v.Files {
		if f.Token != nil {
			renew, err := fillToken(ctx, &f, tokens)
			if err != nil {
				return made, err
			}
			if made.Renew.IsZero() || renew.Before(made.Renew) {
				made.Renew = renew
			}
		}
		files[i] = f
	}
	return made, replaceFiles(dir, files, v.FSGroup)
}

// fillToken gets the token for a file, and says when it is to be renewed.
func fillToken(ctx context.Context, f *kubelet.File, tokens Tokens) (time.Time, error) {
	if tokens == nil {
		return time.Time{}, fmt.Errorf("failed to fetch token: nothing issues service account tokens")
	}
	asked := time.Now()
	token, expires, err := tokens(ctx, *f.Token)
	if err != nil {
		return time.Time{}, fmt.Errorf("failed to fetch token: %w", err)
	}
	f.Data = token
	return asked.Add(time.Duration(renewAt * float64(expires.Sub(asked)))), nil
}

// replaceFiles puts files into a volume and takes away those that were there.
func replaceFiles(dir string, files []kubelet.File, group *int64) error {
	fresh, err := os.MkdirTemp(dir, ".."+time.Now().UTC().Format("2006_01_02_15_04_05."))
	if err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeFile(fresh, f, group); err != nil {
			return err
		}
	}
	link := filepath.Join(dir, current)
	old, _ := os.Readlink(link) // none the first time
	if err := os.Symlink(filepath.Base(fresh), link+"_tmp"); err != nil {
		return err
	}
	if err := os.Rename(link+"_tmp", link); err != nil {
		return err
	}
	if err := linkTops(dir, files); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, old))
}

func writeFile(dir string, f kubelet.File, group *int64) error {
	name := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+f.Path)))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(f.Mode)
	if group != nil {
		const readable = 0o440
		mode |= readable
	}
	if err := os.WriteFile(name, []byte(f.Data), mode); err != nil {
		return err
	}
	if group != nil {
		if err := os.Chown(name, -1, int(*group)); err != nil {
			return err
		}
	}
	return os.Chmod(name, mode) // whatever the umask is
}

// linkTops makes the links that containers see, and removes those to nowhere.
func linkTops(dir string, files []kubelet.File) error {
	wanted := map[string]bool{}
	for _, f := range files {
		top, _, _ := strings.Cut(strings.TrimPrefix(path.Clean("/"+f.Path), "/"), "/")
		wanted[top] = true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), ".."):
		case wanted[e.Name()]:
			delete(wanted, e.Name())
		default:
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for top := range wanted {
		if err := os.Symlink(filepath.Join(current, top), filepath.Join(dir, top)); err != nil {
			return err
		}
	}
	return nil
}
