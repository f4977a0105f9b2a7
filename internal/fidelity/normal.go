package fidelity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// chance is what chance or the clock has had a part in, and what stands for it.
var chance = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), `UID`},
	{regexp.MustCompile(`(\bresourceVersion\\*"?: ?\\*)"[1-9][0-9]*(\\*)"`), `$1"N$2"`},
	{regexp.MustCompile(`(Too large resource version: [0-9]+, current: )[0-9]+`), `${1}N`},
	{regexp.MustCompile(`(too old resource version: [0-9]+ )\([0-9]+\)`), `$1(N)`},
	{regexp.MustCompile(`(\bcontinue"?: ?)"?[a-zA-Z0-9_-]{20,}"?`), `$1"TOKEN"`},
	{regexp.MustCompile(`(\bserverAddress"?: ?)"?[0-9.:]+"?`), `$1"ADDRESS"`},
	{regexp.MustCompile(`(\b(?:ca\.crt|token)"?: ?)"?[a-zA-Z0-9+/=]{100,}"?`), `$1"CERTIFICATE"`},
	{regexp.MustCompile(`(\bca\.crt"?: ?)"[^"]*"`), `$1"CERTIFICATE"`},
	{regexp.MustCompile(`(\bgitCommit"?: ?)"[^"]*"`), `$1"COMMIT"`},
	{regexp.MustCompile(`(\bgitTreeState"?: ?)"[^"]*"`), `$1"STATE"`},
	{regexp.MustCompile(`(\bgoVersion"?: ?)"[^"]*"`), `$1"VERSION"`},
	{regexp.MustCompile(`"[0-9]+[smhdy]([0-9]+[smhd])?"`), `"AGE"`},
	{regexp.MustCompile(`(?m)^( *- )[0-9]+[smhdy]([0-9]+[smhd])?$`), `${1}AGE`},
	{regexp.MustCompile(`\([0-9]+[smhdy]([0-9]+[smhd])? ago\)`), `(AGE ago)`},
	{regexp.MustCompile(`ResourceVersion in (record \(|object meta: )[0-9]+`), `ResourceVersion in ${1}N`},
	{regexp.MustCompile(`\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]*Z\b`), `TIME`},
	{regexp.MustCompile(`\b(made-|Not_A_Name-)[a-z0-9]{5}\b`), `${1}XXXXX`},
	{regexp.MustCompile(`kube-api-access-[a-z0-9]{5}\b`), `kube-api-access-XXXXX`},
	{regexp.MustCompile(`\b10\.(?:9[6-9]|10[0-9]|11[01])\.[0-9]{1,3}\.[0-9]{1,3}\b`), `SERVICE-IP`},
	{regexp.MustCompile(`(\bnodePort"?: ?)3[0-2][0-9]{3}\b`), `${1}"N"`},
	{regexp.MustCompile(`:3[0-2][0-9]{3}/`), `:N/`},
}

// chanceInHeaders is the same of headers.
var chanceInHeaders = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`^(Audit-Id: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`), `${1}UID`},
	{regexp.MustCompile(`^((?:Expires|Last-Modified): ).* ([A-Z]{3})$`), `${1}TIME ${2}`},
	{regexp.MustCompile(`^(Process-Start-Time-Unix: )[0-9]+$`), `${1}N`},
	{regexp.MustCompile(`\b[0-9A-F]{128}\b`), `HASH`},
}

// Normal is an answer as text to compare: status and headers a line each, then
// the body.
func (a Answer) Normal() string {
	var b strings.Builder
	fmt.Fprintln(&b, a.Code)
	for _, h := range a.Headers {
		for _, c := range chanceInHeaders {
			h = c.pattern.ReplaceAllString(h, c.with)
		}
		fmt.Fprintln(&b, h)
	}
	body := bytes.TrimSpace(a.Body)
	for _, c := range chance {
		body = c.pattern.ReplaceAll(body, []byte(c.with))
	}
	for _, name := range unordered {
		body = sortList(body, name)
	}
	b.Write(body)
	return b.String()
}

// unordered are the lists without an order of their own: the entries of managed
// fields have that of their times, in seconds, and rules have none at all.
var unordered = []string{"managedFields", "resourceRules", "nonResourceRules"}

// sortList puts lists of a name in order.
func sortList(body []byte, name string) []byte {
	start := `"` + name + `":`
	var sorted []byte
	for {
		at := bytes.Index(body, []byte(start))
		if at < 0 {
			return append(sorted, body...)
		}
		at += len(start)
		sorted, body = append(sorted, body[:at]...), body[at:]
		var entries []json.RawMessage
		decoder := json.NewDecoder(bytes.NewReader(body))
		if decoder.Decode(&entries) != nil {
			continue
		}
		slices.SortFunc(entries, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
		list, err := json.Marshal(entries)
		if err != nil {
			continue
		}
		sorted, body = append(sorted, list...), body[decoder.InputOffset():]
	}
}

// Readable is a normal answer for people: a refusal in its own words, else JSON
// with a line a field.
func Readable(normal string) string {
	head, body := normal, ""
	if at := strings.Index(normal, "\n{"); at >= 0 {
		head, body = normal[:at+1], normal[at+1:]
	}
	var status struct {
		Kind, Message, Reason string
		Details               json.RawMessage
	}
	if json.Unmarshal([]byte(body), &status) == nil && status.Kind == "Status" && status.Message != "" {
		return head + strings.Join([]string{status.Reason, status.Message, string(status.Details)}, "\n")
	}
	var lines strings.Builder
	for line := range strings.Lines(body) {
		var indented bytes.Buffer
		if json.Indent(&indented, []byte(line), "", " ") != nil {
			return normal
		}
		lines.Write(indented.Bytes())
	}
	return head + lines.String()
}
