package image

import (
	"fmt"
	"path"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// server is a database whose protocol is not simulated: it demands its
// settings, opens its port, and says that it is ready.
type server struct {
	port    int
	command string
	env     []string // one of these must be set
	missing string   // what it says otherwise
	ready   func(p *process.Process) []string
}

var mysqlServer = server{
	port: 3306, command: "mysqld",
	env: []string{"MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "MARIADB_RANDOM_ROOT_PASSWORD"},
	missing: "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n" +
		"    You need to specify one of the following as an environment variable:\n" +
		"    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD\n",
	ready: func(p *process.Process) []string {
		stamp := now(p).Format("2006-01-02T15:04:05.000000Z")
		return []string{stamp + " 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '" +
			p.Variant() + "'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL."}
	},
}

var postgresServer = server{
	port: 5432, command: "postgres",
	env: []string{"POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD", "POSTGRES_PASSWORD_FILE"},
	missing: "Error: Database is uninitialized and superuser password is not specified.\n" +
		"       You must specify POSTGRES_PASSWORD to a non-empty value for the\n" +
		"       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".\n",
	ready: func(p *process.Process) []string {
		stamp := now(p).Format("2006-01-02 15:04:05.000 UTC")
		return []string{
			fmt.Sprintf("%s [1] LOG:  starting PostgreSQL %s on x86_64-pc-linux-gnu", stamp, p.Variant()),
			stamp + " [1] LOG:  listening on IPv4 address \"0.0.0.0\", port 5432",
			stamp + " [1] LOG:  listening on IPv6 address \"::\", port 5432",
			stamp + " [1] LOG:  database system is ready to accept connections",
		}
	},
}

var mongoServer = server{
	port: 27017, command: "mongod",
	ready: func(p *process.Process) []string {
		stamp := now(p).Format("2006-01-02T15:04:05.000+00:00")
		return []string{`{"t":{"$date":"` + stamp + `"},"s":"I",  "c":"NETWORK",  "id":23016,   "ctx":"listener","msg":"Waiting for connections","attr":{"port":27017,"ssl":"off"}}`}
	},
}

func plainServer(port int, command string) server { return server{port: port, command: command} }

// database is the images of a database, under its name and another's.
func database(name, other string, s server) Definition {
	return Definition{
		Match: []string{name, other},
		Base: func(r Reference) *Rootfs {
			files := Debian("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux", "12")
			version := or(r.Version(), "8.4.0")
			return files.Binary("/usr/local/bin/docker-entrypoint.sh", s.command, version).Binary("/usr/bin/"+s.command, s.command, version)
		},
		Make: func(i *Image) {
			i.Entrypoint, i.Cmd = []string{"docker-entrypoint.sh"}, []string{s.command}
			i.Main, i.Variant = databaseChooser{server: s}, or(i.Reference.Version(), "8.4.0")
			i.Size = 150 << 20
			i.Programs = map[string]process.Program{s.command: i.Main}
			i.Usage = constant(0.005, 180<<20)
			if name == "postgres" {
				i.StopSignal = process.SIGINT
			}
		},
	}
}

// databaseChooser runs the server, or what the entrypoint is given instead.
type databaseChooser struct {
	process.NoMain
	server server
}

// Choose looks at the command line.
func (c databaseChooser) Choose(args []string) process.Program {
	if path.Base(args[0]) == "docker-entrypoint.sh" {
		args = args[1:]
	}
	if len(args) > 0 && path.Base(args[0]) != c.server.command && !strings.HasPrefix(args[0], "-") {
		return process.Func(runArguments)
	}
	return daemon{start: c.server.start}
}

func (s server) start(p *process.Process) {
	set := len(s.env) == 0
	for _, name := range s.env {
		set = set || p.Getenv(name) != ""
	}
	if !set {
		p.Output(2, now(p).Format("2006-01-02 15:04:05-07:00")+" "+s.missing)
		p.Exit(1)
		return
	}
	if serve(p, s.port, silent{}) && s.ready != nil {
		p.Output(2, strings.Join(s.ready(p), "\n")+"\n")
	}
}
