package userland

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
)

func nc(t *tool) int {
	f, ok := t.parse("lvnzw:p:e:kuq:Ni:4", nil)
	if !ok {
		return 1
	}
	if f.has("u") {
		return t.fail("UDP is not simulated")
	}
	if f.has("l") {
		return t.listen(f)
	}
	if len(f.rest) != 2 {
		return t.usage("[OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen")
	}
	port, err := strconv.Atoi(f.rest[1])
	if err != nil {
		return t.fail("bad port '%s'", f.rest[1])
	}
	wait := time.Duration(f.number("w", 0)) * time.Second
	fd, addr, err := t.dialHost(f.rest[0], port, wait)
	switch {
	case err == errResolve:
		return t.fail("bad address '%s'", f.rest[0])
	case err == filesystem.ETIMEDOUT && wait > 0:
		return t.fail("timed out")
	case err != nil && (f.has("v") || !f.has("z")):
		return t.fail("%s (%s): %v", f.rest[0], netip.AddrPortFrom(addr, uint16(port)), err)
	case err != nil:
		return 1
	}
	if f.has("v") {
		fmt.Fprintf(t.p.Writer(2), "%s (%s) open\n", f.rest[0], netip.AddrPortFrom(addr, uint16(port)))
	}
	if f.has("z") {
		return 0
	}
	return t.relay(fd, wait)
}

// relay copies between the standard streams and a connection until it ends.
func (t *tool) relay(fd int, wait time.Duration) int {
	input := true
	for {
		limit, watched := time.Duration(-1), []int{fd}
		if input {
			watched = append(watched, 0)
		} else if wait > 0 {
			limit = wait
		}
		ready, err := t.p.Ready(limit, watched...)
		switch {
		case err != nil:
			continue
		case ready < 0:
			return 1
		case ready == 0:
			data, err := t.p.Read(0, 8192)
			if err == io.EOF {
				input = false
				network.Shutdown(t.p, fd)
				continue
			}
			if _, err := t.p.Write(fd, data); err != nil {
				return t.fail("write error: %v", err)
			}
		default:
			data, err := t.p.Read(fd, 8192)
			if err != nil {
				return 0
			}
			t.p.Write(1, data) //nolint:errcheck // the reader is gone
		}
	}
}

func (t *tool) listen(f *flags) int {
	number := f.value("p", "")
	if number == "" && len(f.rest) > 0 {
		number = f.rest[len(f.rest)-1]
	}
	port, err := strconv.Atoi(number)
	if err != nil {
		return t.fail("missing port with option -l")
	}
	listener, err := network.Listen(t.p, "TCP", port)
	if err != nil {
		return t.fail("bind: %v", err)
	}
	if f.has("v") {
		fmt.Fprintf(t.p.Writer(2), "listening on [::]:%d ...\n", port)
	}
	for {
		fd, remote, err := network.Accept(t.p, listener)
		if err != nil {
			continue
		}
		if f.has("v") {
			fmt.Fprintf(t.p.Writer(2), "connect to %s from %s\n", number, remote)
		}
		code := 0
		if command := f.value("e", ""); command != "" {
			t.serveWith(fd, strings.Fields(command))
		} else {
			code = t.relay(fd, 0)
		}
		t.close(fd)
		if !f.has("k") {
			return code
		}
	}
}

// serveWith runs a command whose streams are a connection.
func (t *tool) serveWith(fd int, args []string) {
	cmd := commandFor(args[0], args)
	cmd.Files = map[int]int{0: fd, 1: fd, 2: 2}
	if pid, err := t.p.Spawn(cmd); err == nil {
		t.p.Wait(pid) //nolint:errcheck // it is our child
	} else {
		t.fail("can't execute '%s': %v", args[0], err)
	}
}
