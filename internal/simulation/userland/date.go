package userland

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

func date(t *tool) int {
	f, ok := t.parse("ud:r:R", map[string]string{"utc": "u", "date": "d", "reference": "r", "iso-8601": "I", "rfc-3339": "3", "rfc-2822": "R"})
	if !ok {
		f, ok = t.parseISO()
		if !ok {
			return 1
		}
	}
	at := t.p.Now().UTC()
	if text := f.value("d", ""); text != "" {
		if at, ok = parseDate(text, at); !ok {
			if t.gnu {
				return t.fail("invalid date ‘%s’", text)
			}
			return t.fail("invalid date '%s'", text)
		}
	}
	if ref := f.value("r", ""); ref != "" {
		info, err := t.p.Stat(ref)
		if err != nil {
			return t.fail("%s: %v", ref, err)
		}
		at = info.ModTime.UTC()
	}
	format := "%a %b %e %H:%M:%S %Z %Y"
	switch {
	case len(f.rest) > 0 && strings.HasPrefix(f.rest[0], "+"):
		format = f.rest[0][1:]
	case f.has("I"):
		format = isoFormats[f.value("I", "")]
	case f.has("R"):
		format = "%a, %d %b %Y %H:%M:%S %z"
	case len(f.rest) > 0:
		return t.fail("can't set date: Operation not permitted")
	}
	t.print(strftime(format, at) + "\n")
	return 0
}

// isoFormats are the precisions of -I.
var isoFormats = map[string]string{
	"": "%Y-%m-%d", "date": "%Y-%m-%d", "hours": "%Y-%m-%dT%H%:z", "minutes": "%Y-%m-%dT%H:%M%:z",
	"seconds": "%Y-%m-%dT%H:%M:%S%:z", "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}

// parseISO reads -I[PRECISION], whose value must stand in the same argument.
func (t *tool) parseISO() (*flags, bool) {
	for _, arg := range t.args {
		if precision, ok := strings.CutPrefix(arg, "-I"); ok {
			t.code = 0
			return &flags{values: map[string][]string{"I": {precision}}}, true
		}
	}
	return nil, false
}

// dateLayouts are the dates that -d understands.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "15:04:05", "15:04",
	time.RFC1123, time.UnixDate,
}

func parseDate(text string, now time.Time) (time.Time, bool) {
	if seconds, ok := strings.CutPrefix(text, "@"); ok {
		n, err := strconv.ParseInt(seconds, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil
	}
	switch text {
	case "now", "today":
		return now, true
	case "yesterday":
		return now.AddDate(0, 0, -1), true
	case "tomorrow":
		return now.AddDate(0, 0, 1), true
	}
	for _, layout := range dateLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			if at.Year() == 0 {
				at = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
			}
			return at.UTC(), true
		}
	}
	return relativeDate(text, now)
}

// relativeDate reads "2 hours ago", "-1 day" or "+30 minutes".
func relativeDate(text string, now time.Time) (time.Time, bool) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return now, false
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		return now, false
	}
	if len(fields) > 2 && fields[2] == "ago" {
		n = -n
	}
	switch strings.TrimSuffix(fields[1], "s") {
	case "sec", "second":
		return now.Add(time.Duration(n) * time.Second), true
	case "min", "minute":
		return now.Add(time.Duration(n) * time.Minute), true
	case "hour":
		return now.Add(time.Duration(n) * time.Hour), true
	case "day":
		return now.AddDate(0, 0, n), true
	case "week":
		return now.AddDate(0, 0, 7*n), true
	case "month":
		return now.AddDate(0, n, 0), true
	case "year":
		return now.AddDate(n, 0, 0), true
	}
	return now, false
}

// dateDirectives are strftime's directives as layouts of package time.
var dateDirectives = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
	'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'y': "06", 'Y': "2006", 'Z': "MST", 'z': "-0700",
	'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05", 'r': "03:04:05 PM",
}

func strftime(format string, at time.Time) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		unpadded := format[i] == '-' && i+1 < len(format)
		if unpadded || format[i] == '_' && i+1 < len(format) {
			i++
		}
		text := directive(format[i], at)
		switch {
		case format[i] == ':' && strings.HasPrefix(format[i:], ":z"):
			i++
			text = at.Format("-07:00")
		case unpadded:
			if trimmed := strings.TrimLeft(text, "0 "); trimmed != "" {
				text = trimmed
			} else {
				text = "0"
			}
		}
		out.WriteString(text)
	}
	return out.String()
}

func directive(c byte, at time.Time) string {
	if layout, ok := dateDirectives[c]; ok {
		return at.Format(layout)
	}
	switch c {
	case 's':
		return strconv.FormatInt(at.Unix(), 10)
	case 'N':
		return fmt.Sprintf("%09d", at.Nanosecond())
	case 'u':
		return strconv.Itoa((int(at.Weekday())+6)%7 + 1)
	case 'w':
		return strconv.Itoa(int(at.Weekday()))
	case 'V':
		_, week := at.ISOWeek()
		return fmt.Sprintf("%02d", week)
	case 'C':
		return fmt.Sprintf("%02d", at.Year()/100)
	case 'k':
		return fmt.Sprintf("%2d", at.Hour())
	case 'n':
		return "\n"
	case 't':
		return "\t"
	case '%':
		return "%"
	}
	return "%" + string(c)
}
