package discovery

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"path/filepath"

	"github.com/peterbourgon/diskv"
	"k8s.io/client-go/third_party/forked/httpcache"
)

// confirming makes a transport keep answers in a folder: where it has one, it
// asks the server only whether it still holds (If-None-Match).
func confirming(dir string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		disk := diskv.New(diskv.Options{
			BasePath: dir,
			TempDir:  filepath.Join(dir, ".diskv-temp"),
			PathPerm: 0o750,
			FilePerm: 0o660,
		})
		keeping := httpcache.NewTransport(checked{disk})
		keeping.Transport = next
		return confirmer{keeping}
	}
}

// confirmer is httpcache's transport as client-go wants it.
type confirmer struct{ *httpcache.Transport }

// WrappedRoundTripper lets client-go find the transport below.
func (c confirmer) WrappedRoundTripper() http.RoundTripper { return c.Transport.Transport }

// CancelRequest is what clients with a timeout look for.
func (c confirmer) CancelRequest(request *http.Request) {
	if next, ok := c.Transport.Transport.(interface{ CancelRequest(*http.Request) }); ok {
		next.CancelRequest(request)
	}
}

// checked keeps answers after their checksums, so that one that is half on the
// disk, after a crash, counts as none. What can not be kept is not.
type checked struct{ disk *diskv.Diskv }

func (c checked) Get(key string) ([]byte, bool) {
	kept, err := c.disk.Read(fileName(key))
	if err != nil || len(kept) < sha256.Size {
		return nil, false
	}
	sum, answer := kept[:sha256.Size], kept[sha256.Size:]
	actual := sha256.Sum256(answer)
	return answer, bytes.Equal(sum, actual[:])
}

func (c checked) Set(key string, answer []byte) {
	sum := sha256.Sum256(answer)
	_ = c.disk.Write(fileName(key), append(sum[:], answer...))
}

func (c checked) Delete(key string) { _ = c.disk.Erase(fileName(key)) }

// fileName makes a name of a URL.
func fileName(key string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(key))) }
