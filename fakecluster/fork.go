package fakecluster

import "fmt"

// Fork returns a copy of the cluster at this instant: the same objects,
// history, nodes, processes and files, the same clock and the same randomness
// to come. From here on each goes its own way. Forking costs little, however
// much there is: what is the same is shared until one of them changes it.
//
// Clients stay with the original: its watches, streams, listeners and client
// configurations. The fork is closed on its own.
func (c *Cluster) Fork() (*Cluster, error) {
	plane, err := c.plane.Fork()
	if err != nil {
		return nil, fmt.Errorf("fork cluster %s: %w", c.options.name, err)
	}
	return assemble(plane, c.options), nil
}
