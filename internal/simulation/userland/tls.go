package userland

import (
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/network"
)

// bundle is where programs find the authorities that they trust unless told
// otherwise. That of a cluster is not among them.
const bundle = "/etc/ssl/certs/ca-certificates.crt"

// curlSecure starts TLS on a connection if the URL says so, and checks the
// server's certificate; it returns curl's exit code.
func (t *tool) curlSecure(r *fetch, f *flags, fd int) int {
	if r.url.Scheme != "https" {
		return 0
	}
	authorities, file := "", f.value("t", "")
	if file != "" {
		content, err := t.p.ReadFile(file)
		if err != nil || !strings.Contains(string(content), "-----BEGIN CERTIFICATE-----") {
			return t.curlError(f, 77, "error adding trust anchors from file: %s", file)
		}
		authorities = string(content)
	}
	certificate := network.Secure(t.p, fd)
	switch {
	case certificate == nil:
		return t.curlError(f, 35, "TLS connect error: error:0A00010B:SSL routines::wrong version number")
	case f.has("k"):
	case !strings.Contains(authorities, strings.TrimSpace(certificate.Authority)):
		return t.curlError(f, 60, "SSL certificate problem: unable to get local issuer certificate\n"+curlDistrust)
	case !slices.Contains(certificate.Names, r.url.Hostname()):
		return t.curlError(f, 60, "SSL: no alternative certificate subject name matches target %s '%s'\n%s", hostKind(r.url.Hostname()), r.url.Hostname(), curlDistrust)
	}
	if f.has("v") {
		curlTLS(t.p.Writer(2), certificate, f, file)
	}
	return 0
}

// curlDistrust is what curl says under every problem with a certificate.
const curlDistrust = `More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the webpage mentioned above.`

// curlTLS is what curl -v tells of a connection.
func curlTLS(w io.Writer, c *network.Certificate, f *flags, file string) {
	if file == "" {
		file = bundle
	}
	if !f.has("k") {
		fmt.Fprintf(w, "*  CAfile: %s\n*  CApath: none\n", file)
	}
	verified := "ok"
	if f.has("k") {
		verified = "result: unable to get local issuer certificate (20), continuing anyway"
	}
	fmt.Fprintf(w, "* SSL connection using TLSv1.3 / TLS_AES_128_GCM_SHA256 / X25519 / id-ecPublicKey\n"+
		"* Server certificate:\n*  subject: CN=%s\n*  issuer: CN=%s\n*  SSL certificate verify %s.\n", c.Subject, c.Issuer, verified)
}

// hostKind is what a certificate calls the name of a host.
func hostKind(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return "host name"
	case addr.Is6():
		return "ipv6 address"
	}
	return "ipv4 address"
}

// wgetSecure starts TLS on a connection if the URL says so. BusyBox checks no
// certificates.
func (t *tool) wgetSecure(r *fetch, fd int) bool {
	if r.url.Scheme != "https" {
		return true
	}
	fmt.Fprintf(t.p.Writer(2), "wget: note: TLS certificate validation not implemented\n")
	if network.Secure(t.p, fd) == nil {
		t.fail("TLS error from peer (alert code 70): protocol version")
		return false
	}
	return true
}
