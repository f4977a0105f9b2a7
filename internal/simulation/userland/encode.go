package userland

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// archiveCommands are the commands about bytes: checksums, encodings, archives.
var archiveCommands = map[string]command{
	"base64": base64Command, "dd": dd, "gunzip": gunzip, "gzip": gzipCommand, "hexdump": hexdump, "md5sum": sum(md5.New),
	"od": hexdump, "sha1sum": sum(sha1.New), "sha256sum": sum(sha256.New), "sha512sum": sum(sha512.New),
	"strings": stringsCommand, "tar": tarCommand, "xxd": hexdump, "zcat": gunzip,
}

// sum makes the command that prints or checks checksums.
func sum(make func() hash.Hash) command {
	return func(t *tool) int {
		f, ok := t.parse("csw", map[string]string{"check": "c"})
		if !ok {
			return 1
		}
		digest := func(r io.Reader) string {
			h := make()
			io.Copy(h, r) //nolint:errcheck // a hash takes everything
			return hex.EncodeToString(h.Sum(nil))
		}
		if f.has("c") {
			return t.checkSums(f, digest)
		}
		t.inputs(f.rest, func(name string, r io.Reader) { t.printf("%s  %s\n", digest(r), name) })
		return 0
	}
}

func (t *tool) checkSums(f *flags, digest func(r io.Reader) string) int {
	bad := 0
	for _, line := range allLines(t.slurp(f.rest)) {
		want, name, ok := strings.Cut(line, "  ")
		if !ok {
			continue
		}
		verdict := "OK"
		data, err := t.p.ReadFile(name)
		if err != nil || digest(strings.NewReader(string(data))) != want {
			verdict = "FAILED"
			bad++
		}
		if !f.has("s") {
			t.printf("%s: %s\n", name, verdict)
		}
	}
	if bad > 0 {
		return t.fail("WARNING: %d of %d computed checksums did NOT match", bad, bad)
	}
	return 0
}

func base64Command(t *tool) int {
	f, ok := t.parse("dw:iD", map[string]string{"decode": "d", "wrap": "w", "ignore-garbage": "i"})
	if !ok {
		return 1
	}
	data := t.slurp(f.rest)
	if f.any("dD") {
		out, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
		t.Write(out) //nolint:errcheck // never fails
		if err != nil {
			if t.gnu {
				return t.fail("invalid input")
			}
			return t.fail("truncated input")
		}
		return 0
	}
	text := base64.StdEncoding.EncodeToString(data)
	width := f.number("w", 76)
	if width <= 0 {
		t.print(text)
		return 0
	}
	for len(text) > width {
		t.print(text[:width] + "\n")
		text = text[width:]
	}
	if text != "" {
		t.print(text + "\n")
	}
	return 0
}

func stringsCommand(t *tool) int {
	run := []byte{}
	put := func() {
		if len(run) >= 4 {
			t.print(string(run) + "\n")
		}
		run = run[:0]
	}
	for _, c := range t.slurp(t.args) {
		if c >= ' ' && c <= '~' || c == '\t' {
			run = append(run, c)
		} else {
			put()
		}
	}
	put()
	return 0
}

// hexdump prints bytes as `hexdump -C` does, or as od and xxd.
func hexdump(t *tool) int {
	f, ok := t.parse("CvA:t:xcbpn:s:l:r", nil)
	if !ok {
		return 1
	}
	data := t.slurp(f.rest)
	if n := f.number("n", f.number("l", -1)); n >= 0 && n < len(data) {
		data = data[:n]
	}
	if t.name == "xxd" && f.has("p") {
		t.print(hex.EncodeToString(data) + "\n")
		return 0
	}
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		switch {
		case t.name == "od" && f.has("c"):
			t.printf("%07o%s\n", at, odChars(row))
		case t.name == "od":
			t.printf("%07o%s\n", at, hexWords(row, "%06o"))
		case f.has("C"):
			t.printf("%08x  %-49s |%s|\n", at, hexBytes(row), printable(row))
		case t.name == "xxd":
			t.printf("%08x: %-40s %s\n", at, hexPairs(row), printable(row))
		default:
			t.printf("%07x%s\n", at, hexWords(row, "%04x"))
		}
	}
	switch {
	case t.name == "od":
		t.printf("%07o\n", len(data))
	case f.has("C"):
		t.printf("%08x\n", len(data))
	case t.name != "xxd":
		t.printf("%07x\n", len(data))
	}
	return 0
}

func hexBytes(row []byte) string {
	var out strings.Builder
	for i, c := range row {
		if i == 8 {
			out.WriteByte(' ')
		}
		fmt.Fprintf(&out, "%02x ", c)
	}
	return out.String()
}

func hexPairs(row []byte) string {
	var out strings.Builder
	for i, c := range row {
		fmt.Fprintf(&out, "%02x", c)
		if i%2 == 1 {
			out.WriteByte(' ')
		}
	}
	return out.String()
}

func hexWords(row []byte, format string) string {
	var out strings.Builder
	for i := 0; i < len(row); i += 2 {
		word := int(row[i])
		if i+1 < len(row) {
			word |= int(row[i+1]) << 8
		}
		fmt.Fprintf(&out, " "+format, word)
	}
	return out.String()
}

func odChars(row []byte) string {
	var out strings.Builder
	for _, c := range row {
		switch {
		case c == '\n':
			out.WriteString("  \\n")
		case c == '\t':
			out.WriteString("  \\t")
		case c == 0:
			out.WriteString("  \\0")
		case c >= ' ' && c <= '~':
			fmt.Fprintf(&out, "   %c", c)
		default:
			fmt.Fprintf(&out, " %03o", c)
		}
	}
	return out.String()
}

func printable(row []byte) string {
	return strings.Map(func(r rune) rune {
		if r >= ' ' && r <= '~' {
			return r
		}
		return '.'
	}, string(latin1(row)))
}

func latin1(row []byte) []rune {
	out := make([]rune, len(row))
	for i, c := range row {
		out[i] = rune(c)
	}
	return out
}

// dd copies blocks.
func dd(t *tool) int {
	o := map[string]string{"bs": "512", "count": "-1", "skip": "0", "seek": "0"}
	for _, arg := range t.args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return t.fail("unrecognized operand '%s'", arg)
		}
		o[key] = value
	}
	size, ok := count(strings.TrimSuffix(o["bs"], "B"))
	blocksWanted, ok2 := count(o["count"])
	skip, ok3 := count(o["skip"])
	seek, ok4 := count(o["seek"])
	if !ok || !ok2 || !ok3 || !ok4 || size <= 0 {
		return t.fail("invalid number")
	}
	in, out := 0, 1
	var err error
	if path := o["if"]; path != "" {
		if in, err = t.p.Open(path, forReading, 0); err != nil {
			return t.cantOpen(path, err)
		}
	}
	if path := o["of"]; path != "" {
		how := filesystem.OpenWrite | filesystem.OpenCreate
		if !strings.Contains(o["conv"], "notrunc") && seek == 0 {
			how |= filesystem.OpenTruncate
		}
		if out, err = t.p.Open(path, how, 0o666); err != nil {
			return t.cantOpen(path, err)
		}
		t.p.Seek(out, seek*size)
	}
	io.CopyN(io.Discard, t.p.Reader(in), skip*size) //nolint:errcheck // a short input has nothing to copy
	start := t.p.Now()
	full, partial, total := t.copyBlocks(in, out, size, blocksWanted)
	seconds := t.p.Now().Sub(start).Seconds()
	fmt.Fprintf(t.p.Writer(2), "%d+%d records in\n%[1]d+%[2]d records out\n", full, partial)
	if o["status"] != "noxfer" && o["status"] != "none" {
		rate := "0B"
		if seconds > 0 {
			rate = human(int64(float64(total)/seconds)) + "B"
		}
		fmt.Fprintf(t.p.Writer(2), "%d bytes (%sB) copied, %f seconds, %s/s\n", total, human(total), seconds, rate)
	}
	return t.code
}

func (t *tool) copyBlocks(in, out int, size, wanted int64) (full, partial int, total int64) {
	block := make([]byte, size)
	for wanted < 0 || int64(full+partial) < wanted {
		n, err := t.p.Reader(in).Read(block)
		if n > 0 {
			if _, err := t.p.Write(out, block[:n]); err != nil {
				t.fail("error writing: %v", err)
				return full, partial, total
			}
		}
		total += int64(n)
		switch {
		case int64(n) == size:
			full++
		case n > 0:
			partial++
		}
		if err != nil {
			break
		}
	}
	return full, partial, total
}
