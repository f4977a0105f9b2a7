package preference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// expand adds the alias that args call to root, and returns the arguments with
// those of the alias.
func (o *Overlay) expand(root *cobra.Command, args []string) ([]string, error) {
	if len(o.p.Aliases) == 0 {
		return args, nil
	}
	if _, _, err := root.Find(args); err == nil {
		return args, nil
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		return !strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, cobra.ShellCompRequestCmd)
	})
	for i := range o.p.Aliases {
		alias := &o.p.Aliases[i]
		o.aliases[alias.Name] = true
		if at < 0 || alias.Name != args[at] {
			continue
		}
		if _, _, err := root.Find([]string{alias.Name}); err == nil {
			fmt.Fprintf(o.f.ErrOut, "Warning: Setting alias %q to a built-in command is not supported\n", alias.Name)
			break
		}
		added, set, err := o.addAlias(root, alias, args)
		if err != nil {
			return nil, err
		}
		args = slices.Concat(args[:at+1], alias.PrependArgs, args[at+1:], alias.AppendArgs)
		rest := strings.ReplaceAll(strings.Join(args, " "), alias.Name, "")
		annotate(added, slices.Concat([]string{alias.Command}, set, []string{rest}))
	}
	return args, nil
}

// addAlias makes the alias a command of root, with its flags, and returns those.
func (o *Overlay) addAlias(root *cobra.Command, alias *Alias, args []string) (*cobra.Command, []string, error) {
	meant, rest, err := root.Find(strings.Fields(alias.Command))
	if err != nil {
		return nil, nil, fmt.Errorf("command %q not found to set alias %q: %v", alias.Command, alias.Name, rest)
	}
	added := *meant
	added.Use, added.Aliases = alias.Name, nil
	root.AddCommand(&added)
	set, err := setOptions(&added, alias.Options, args, wording{
		unknown: func(flag string) error { return fmt.Errorf("invalid alias flag %s in alias %s", flag, o.program) },
		invalid: func(option Option, err error) error {
			return fmt.Errorf("could not apply value %s to flag %s in alias %s err: %w", option.Default, option.Name, o.program, err)
		},
	})
	return &added, set, err
}
