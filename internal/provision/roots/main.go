// Command roots writes the certificate authorities that the container image
// trusts into a file: an image of our two programs alone has none, and servers with
// certificates of public authorities would be strangers to it.
package main

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		panic(err) // nobody but the build sees it
	}
}

func write(file string) error {
	var roots bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // A file can't say for which certificates it is trusted.
		}
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, roots.Bytes(), 0o644)
}
