package userland

// networkCommands are the commands that talk to other machines.
var networkCommands = map[string]command{}

func (t *tool) getentHosts(name string) int {
	if entry := t.hostsEntry(name); entry != nil {
		t.printf("%-15s %s\n", entry[0], entry[1])
		return 0
	}
	return 2
}
