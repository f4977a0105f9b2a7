package cluster

import "errors"

// openContainerd starts a cluster whose node is this machine.
func (o *options) openContainerd(string, int) (*world, error) {
	return nil, errors.New("--driver: containerd is not supported by this build")
}
