package image

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// redisValue is a string, list or hash, with the time it expires.
type redisValue struct {
	text    string
	list    []string
	hash    map[string]string
	expires time.Time
}

// redisData is what a server holds.
type redisData struct{ values map[string]redisValue }

// clone shares nothing with v that either may change.
func (v redisValue) clone() redisValue {
	v.list, v.hash = slices.Clone(v.list), maps.Clone(v.hash)
	return v
}

// CopyData copies the database.
func (d *redisData) CopyData() process.Data {
	fresh := &redisData{values: make(map[string]redisValue, len(d.values))}
	for key, value := range d.values {
		fresh.values[key] = value.clone()
	}
	return fresh
}

func bulk(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }

func integer(n int) string { return fmt.Sprintf(":%d\r\n", n) }

func array(items []string) string {
	out := fmt.Sprintf("*%d\r\n", len(items))
	for _, item := range items {
		out += bulk(item)
	}
	return out
}

const redisNil = "$-1\r\n"

// redisCommands are the commands by name, with the fewest arguments they take.
var redisCommands = map[string]struct {
	least int
	run   func(d *redisData, p *process.Process, args []string) string
}{
	"PING":     {0, func(_ *redisData, _ *process.Process, args []string) string { return pong(args) }},
	"ECHO":     {1, func(_ *redisData, _ *process.Process, args []string) string { return bulk(args[0]) }},
	"SET":      {2, (*redisData).set},
	"GET":      {1, (*redisData).get},
	"DEL":      {1, (*redisData).del},
	"EXISTS":   {1, (*redisData).exists},
	"INCR":     {1, func(d *redisData, p *process.Process, args []string) string { return d.add(args[0], "1") }},
	"DECR":     {1, func(d *redisData, p *process.Process, args []string) string { return d.add(args[0], "-1") }},
	"INCRBY":   {2, func(d *redisData, p *process.Process, args []string) string { return d.add(args[0], args[1]) }},
	"APPEND":   {2, (*redisData).appendText},
	"KEYS":     {1, (*redisData).keys},
	"DBSIZE":   {0, func(d *redisData, _ *process.Process, _ []string) string { return integer(len(d.values)) }},
	"FLUSHALL": {0, func(d *redisData, _ *process.Process, _ []string) string { clear(d.values); return "+OK\r\n" }},
	"FLUSHDB":  {0, func(d *redisData, _ *process.Process, _ []string) string { clear(d.values); return "+OK\r\n" }},
	"EXPIRE":   {2, (*redisData).expire},
	"TTL":      {1, (*redisData).ttl},
	"LPUSH":    {2, func(d *redisData, p *process.Process, args []string) string { return d.push(args, true) }},
	"RPUSH":    {2, func(d *redisData, p *process.Process, args []string) string { return d.push(args, false) }},
	"LPOP":     {1, func(d *redisData, p *process.Process, args []string) string { return d.pop(args[0], true) }},
	"RPOP":     {1, func(d *redisData, p *process.Process, args []string) string { return d.pop(args[0], false) }},
	"LLEN": {1, func(d *redisData, p *process.Process, args []string) string {
		return integer(len(d.values[args[0]].list))
	}},
	"LRANGE":  {3, (*redisData).lrange},
	"HSET":    {3, (*redisData).hset},
	"HGET":    {2, (*redisData).hget},
	"HGETALL": {1, (*redisData).hgetall},
	"SELECT":  {1, func(*redisData, *process.Process, []string) string { return "+OK\r\n" }},
	"AUTH":    {1, func(*redisData, *process.Process, []string) string { return "+OK\r\n" }},
	"CLIENT":  {0, func(*redisData, *process.Process, []string) string { return "+OK\r\n" }},
	"COMMAND": {0, func(*redisData, *process.Process, []string) string { return "*0\r\n" }},
	"CONFIG":  {1, redisConfig},
	"INFO":    {0, redisInfo},
	"SAVE":    {0, func(*redisData, *process.Process, []string) string { return "+OK\r\n" }},
}

func (d *redisData) command(p *process.Process, name string, args []string) string {
	for key, value := range d.values {
		if !value.expires.IsZero() && !value.expires.After(now(p)) {
			delete(d.values, key)
		}
	}
	c, ok := redisCommands[name]
	switch {
	case !ok:
		return fmt.Sprintf("-ERR unknown command '%s', with args beginning with: %s\r\n", name, quoteAll(args))
	case len(args) < c.least:
		return fmt.Sprintf("-ERR wrong number of arguments for '%s' command\r\n", strings.ToLower(name))
	}
	return c.run(d, p, args)
}

func quoteAll(args []string) string {
	var out string
	for _, arg := range args {
		out += "'" + arg + "' "
	}
	return out
}

func pong(args []string) string {
	if len(args) > 0 {
		return bulk(args[0])
	}
	return "+PONG\r\n"
}

func (d *redisData) set(p *process.Process, args []string) string {
	value := redisValue{text: args[1]}
	for i := 2; i < len(args); i++ {
		option := strings.ToUpper(args[i])
		_, present := d.values[args[0]]
		switch {
		case option == "NX" && present, option == "XX" && !present:
			return redisNil
		case (option == "EX" || option == "PX") && i+1 < len(args):
			i++
			n, _ := strconv.Atoi(args[i])
			unit := time.Second
			if option == "PX" {
				unit = time.Millisecond
			}
			value.expires = now(p).Add(time.Duration(n) * unit)
		}
	}
	d.values[args[0]] = value
	return "+OK\r\n"
}

func (d *redisData) get(_ *process.Process, args []string) string {
	value, ok := d.values[args[0]]
	switch {
	case !ok:
		return redisNil
	case value.list != nil || value.hash != nil:
		return "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
	}
	return bulk(value.text)
}

func (d *redisData) del(_ *process.Process, args []string) string {
	n := 0
	for _, key := range args {
		if _, ok := d.values[key]; ok {
			delete(d.values, key)
			n++
		}
	}
	return integer(n)
}

func (d *redisData) exists(_ *process.Process, args []string) string {
	n := 0
	for _, key := range args {
		if _, ok := d.values[key]; ok {
			n++
		}
	}
	return integer(n)
}

func (d *redisData) add(key, by string) string {
	value := d.values[key]
	step, err := strconv.Atoi(by)
	n, err2 := strconv.Atoi(or(value.text, "0"))
	if err != nil || err2 != nil {
		return "-ERR value is not an integer or out of range\r\n"
	}
	value.text = strconv.Itoa(n + step)
	d.values[key] = value
	return integer(n + step)
}

func (d *redisData) appendText(_ *process.Process, args []string) string {
	value := d.values[args[0]]
	value.text += args[1]
	d.values[args[0]] = value
	return integer(len(value.text))
}

func (d *redisData) keys(_ *process.Process, args []string) string {
	var out []string
	for key := range d.values {
		if ok, _ := path.Match(args[0], key); ok {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return array(out)
}

func (d *redisData) expire(p *process.Process, args []string) string {
	value, ok := d.values[args[0]]
	seconds, err := strconv.Atoi(args[1])
	if !ok || err != nil {
		return integer(0)
	}
	value.expires = now(p).Add(time.Duration(seconds) * time.Second)
	d.values[args[0]] = value
	return integer(1)
}

func (d *redisData) ttl(p *process.Process, args []string) string {
	value, ok := d.values[args[0]]
	switch {
	case !ok:
		return integer(-2)
	case value.expires.IsZero():
		return integer(-1)
	}
	return integer(int(value.expires.Sub(now(p)).Seconds()))
}

func (d *redisData) push(args []string, left bool) string {
	value := d.values[args[0]]
	for _, item := range args[1:] {
		if left {
			value.list = slices.Insert(value.list, 0, item)
		} else {
			value.list = append(value.list, item)
		}
	}
	d.values[args[0]] = value
	return integer(len(value.list))
}

func (d *redisData) pop(key string, left bool) string {
	value := d.values[key]
	n := len(value.list)
	if n == 0 {
		return redisNil
	}
	at := n - 1
	if left {
		at = 0
	}
	item := value.list[at]
	value.list = slices.Delete(value.list, at, at+1)
	if d.values[key] = value; n == 1 {
		delete(d.values, key)
	}
	return bulk(item)
}

func (d *redisData) lrange(_ *process.Process, args []string) string {
	list := d.values[args[0]].list
	from, _ := strconv.Atoi(args[1])
	to, _ := strconv.Atoi(args[2])
	if from < 0 {
		from += len(list)
	}
	if to < 0 {
		to += len(list)
	}
	from, to = max(from, 0), min(to+1, len(list))
	if from >= to {
		return array(nil)
	}
	return array(list[from:to])
}

func (d *redisData) hset(_ *process.Process, args []string) string {
	value := d.values[args[0]]
	if value.hash == nil {
		value.hash = map[string]string{}
	}
	added := 0
	for i := 1; i+1 < len(args); i += 2 {
		if _, ok := value.hash[args[i]]; !ok {
			added++
		}
		value.hash[args[i]] = args[i+1]
	}
	d.values[args[0]] = value
	return integer(added)
}

func (d *redisData) hget(_ *process.Process, args []string) string {
	item, ok := d.values[args[0]].hash[args[1]]
	if !ok {
		return redisNil
	}
	return bulk(item)
}

func (d *redisData) hgetall(_ *process.Process, args []string) string {
	var out []string
	hash := d.values[args[0]].hash
	for _, field := range slices.Sorted(maps.Keys(hash)) {
		out = append(out, field, hash[field])
	}
	return array(out)
}

// redisConfig is CONFIG GET and SET: what the command line or a file says.
func redisConfig(_ *redisData, p *process.Process, args []string) string {
	if strings.ToUpper(args[0]) != "GET" || len(args) < 2 {
		return "+OK\r\n"
	}
	value := flag(p.Args(), args[1], "")
	for _, arg := range p.Args() {
		if data, err := p.Space().View().ReadFile(arg); err == nil && strings.HasSuffix(arg, ".conf") {
			for line := range strings.Lines(string(data)) {
				if fields := strings.Fields(line); len(fields) > 1 && fields[0] == args[1] {
					value = fields[1]
				}
			}
		}
	}
	if value == "" {
		value = map[string]string{"maxmemory": "0", "maxmemory-policy": "noeviction", "dir": "/data"}[args[1]]
	}
	return array([]string{args[1], value})
}

func redisInfo(d *redisData, p *process.Process, _ []string) string {
	return bulk(fmt.Sprintf("# Server\r\nredis_version:%s\r\nredis_mode:standalone\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\ndb0:keys=%d,expires=0,avg_ttl=0\r\n",
		p.Variant(), len(d.values)))
}
