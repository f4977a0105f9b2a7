package node

import (
	"strings"

	"github.com/kubejig/kubejig/internal/kubelet"
	simulated "github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/image"
)

// observer takes note of what happens in the world.
type observer struct{ *World }

// ImagePulled tells the pods that wait for an image.
func (o observer) ImagePulled(node, name string, err error) {
	key := node + " " + name
	waiting, _ := o.pulls.Delete(key)
	for _, pod := range waiting {
		if err != nil {
			o.tell(node, kubelet.ImagePullFailed{Pod: pod, Name: name, Error: "rpc error: code = " + codeOf(err) + " desc = " + err.Error()})
			continue
		}
		o.tell(node, kubelet.ImagePulled{Pod: pod, Name: name, Image: imageOf(o.machine(node).Image(name))})
	}
}

// codeOf is the gRPC code of a pull's failure.
func codeOf(err error) string {
	if strings.HasSuffix(err.Error(), ": not found") {
		return "NotFound"
	}
	return "Unknown"
}

// imageOf is an image as kubelets know it.
func imageOf(i *image.Image) kubelet.Image {
	return kubelet.Image{
		ID: i.ID, Ref: i.Reference.Repository() + "@" + i.Digest,
		Names: []string{i.Reference.String()}, Size: i.Size, User: i.User,
	}
}

// ContainerStarted tells that a container runs, or why not.
func (o observer) ContainerStarted(id string) {
	c, ok := o.containers.Get(id)
	if !ok {
		return
	}
	status := o.world.Container(id).Status()
	if status.State != simulated.Running {
		o.tell(c.node, kubelet.ContainerStartFailed{Pod: c.config.Pod, ID: id, Created: true, Error: status.Message})
		return
	}
	o.tell(c.node, kubelet.ContainerStarted{Pod: c.config.Pod, ID: id, User: userOf(&c.config.Security)})
}

// ContainerExited tells of the end of a container.
func (o observer) ContainerExited(id string) {
	c, ok := o.containers.Get(id)
	if !ok {
		return
	}
	running := o.world.Container(id)
	status := running.Status()
	message := running.TerminationMessage()
	if message == "" && c.config.Termination.FromLog && status.ExitCode != 0 {
		message = tail(running.Log())
	}
	o.tell(c.node, kubelet.ContainerExited{
		Pod: c.config.Pod, ID: id, ExitCode: int32(status.ExitCode), Signal: 0,
		OOMKilled: status.Reason == simulated.ReasonOOMKilled, At: status.FinishedAt, Message: message,
	})
}

// What of a log stands for a termination message.
const (
	tailLines = 80
	tailBytes = 2048
)

// tail is the end of a log.
func tail(l *simulated.Log) string {
	first, next := l.Range()
	first = max(first, next-tailLines)
	var b strings.Builder
	for i := first; i < next; i++ {
		line := l.At(i)
		b.Write(line.Text)
		if !line.Partial {
			b.WriteByte('\n')
		}
	}
	text := b.String()
	return text[max(0, len(text)-tailBytes):]
}

// ExecFinished ends a probe or hook that runs a command.
func (o observer) ExecFinished(token string, r simulated.ExecResult) { o.finishExec(token, r) }
