package completion

// Flags are the commands of the tables, and those of their flags that have
// values of their own.
func Flags() map[string][]string {
	flags := map[string][]string{}
	for path := range arguments() {
		flags[path] = nil
	}
	for path, answers := range flagsOf() {
		for name := range answers {
			flags[path] = append(flags[path], name)
		}
	}
	return flags
}
