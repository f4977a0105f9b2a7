package image

import (
	"time"

	"github.com/kubejig/kubejig/internal/simulation/network"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// hpaExampleDefinition is the server of Kubernetes' walk-through of the
// horizontal pod autoscaler: each request costs it processor time.
var hpaExampleDefinition = Definition{
	Match: []string{"registry.k8s.io/hpa-example", "k8s.gcr.io/hpa-example"},
	Base: func(Reference) *Rootfs {
		return Debian("Debian GNU/Linux 8 (jessie)", "Debian GNU/Linux", "8", "curl").Binary("/usr/local/bin/apache2-foreground", "hpa-example", "")
	},
	Make: func(i *Image) {
		i.Cmd = []string{"apache2-foreground"}
		i.Size = 180 << 20
		i.Main = daemon{start: startHPAExample}
		i.Programs = map[string]process.Program{"hpa-example": i.Main}
		i.Usage = hpaExampleUsage
	},
}

const (
	// requestCost is the processor time that a request takes.
	requestCost = 6 * time.Millisecond
	// loadWindow is over how long the load is averaged.
	loadWindow = 15 * time.Second
)

// loadData counts the requests of the current and the last full window.
type loadData struct {
	start    time.Time
	window   int
	now, was int
}

// CopyData copies the counts.
func (d *loadData) CopyData() process.Data {
	fresh := *d
	return &fresh
}

// at moves the counts on to the window of an instant.
func (d *loadData) at(elapsed time.Duration) {
	window := int(elapsed / loadWindow)
	switch {
	case window == d.window+1:
		d.was, d.now = d.now, 0
	case window > d.window:
		d.was, d.now = 0, 0
	}
	d.window = max(window, d.window)
}

func startHPAExample(p *process.Process) {
	p.Data = &loadData{start: now(p)}
	serve(p, 80, network.HTTP(func(p *process.Process, _ *network.Request) network.Response {
		d := p.Data.(*loadData)
		d.at(now(p).Sub(d.start))
		d.now++
		return network.Response{Content: []byte("OK!"), Header: [][2]string{{"Server", "Apache/2.4.10 (Debian) PHP/5.6.14"}, {"Content-Type", "text/html; charset=UTF-8"}}}
	}))
}

func hpaExampleUsage(u Use) Usage {
	out := Usage{CPU: 0.001, Memory: 12 << 20}
	d, ok := u.Data.(*loadData)
	if !ok {
		return out
	}
	seen := *d
	seen.at(u.Elapsed)
	requests := max(seen.now, seen.was)
	out.CPU += float64(requests) * requestCost.Seconds() / loadWindow.Seconds()
	return out
}
