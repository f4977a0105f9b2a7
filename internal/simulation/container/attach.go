package container

// Attachment is a client that watches a container's output as it comes, and
// may type to it. A fork does not inherit it.
type Attachment struct {
	container *Container
	output    [2][]byte
	ended     bool
	notify    func()
}

// Attach joins a client to a container that runs.
func (c *Container) Attach() (*Attachment, error) {
	if c.status.State != Running {
		return nil, ErrNotRunning
	}
	c.sandbox.touch()
	a := &Attachment{container: c}
	c.attached = append(c.attached, a)
	return a, nil
}

// Notify calls f when there may be output or an end.
func (a *Attachment) Notify(f func()) { a.notify = f }

func (a *Attachment) wake() {
	if a.notify != nil {
		a.notify()
	}
}

func (a *Attachment) show(stream Stream, b []byte) {
	a.output[stream] = append(a.output[stream], b...)
	a.wake()
}

func (a *Attachment) end() {
	a.ended = true
	a.wake()
}

// Write types to the container, and returns how much it took.
func (a *Attachment) Write(b []byte) int {
	c := a.container
	switch {
	case c.terminal != nil:
		c.terminal.Type(b)
	case c.typing != nil:
		n, _ := c.typing.Write(b)
		return n
	}
	return len(b)
}

// CloseInput says that the client types no more. That ends the input of a
// container that is for one client and has no terminal; another one is left
// alone, and the client leaves.
func (a *Attachment) CloseInput() {
	c := a.container
	switch {
	case !c.config.Stdin:
	case !c.config.StdinOnce || c.config.TTY:
		a.end()
	case c.typing != nil:
		c.typing.Close()
		c.typing = nil
	}
}

// Read returns output that has not been read yet.
func (a *Attachment) Read(stream Stream) []byte {
	out := a.output[stream]
	a.output[stream] = nil
	return out
}

// Resize tells the container of the size of the client's window.
func (a *Attachment) Resize(rows, cols int) {
	if t := a.container.terminal; t != nil {
		t.Resize(rows, cols)
	}
}

// Ended reports whether the container has ended, or the client has left.
func (a *Attachment) Ended() bool { return a.ended }

// Detach leaves the container alone.
func (a *Attachment) Detach() {
	a.notify = nil
	c := a.container
	for i, other := range c.attached {
		if other == a {
			c.attached = append(c.attached[:i:i], c.attached[i+1:]...)
			return
		}
	}
}
