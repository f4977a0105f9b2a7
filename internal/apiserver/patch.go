package apiserver

func (c *call) patch() error { return errMethodNotAllowed() }
