package preference

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/factory"
)

// Disabled reports whether the user wants to hear nothing of kuberc files.
func Disabled(f *factory.Factory) bool {
	return strings.EqualFold(f.Getenv("KUBECTL_KUBERC"), "false")
}

// AddFlag registers --kuberc.
func AddFlag(flags *pflag.FlagSet) {
	flags.String("kuberc", "", "File of your preferences instead of $KUBERC or ~/.kube/kuberc; KUBERC=off or KUBECTL_KUBERC=false for none.")
}

// Original annotates a command that preferences have changed with the command
// line, without the program's name, that does the same without them.
const Original = "kubejig.io/original-command"

// Overlay is the preferences of one run, for its command line.
type Overlay struct {
	f       *factory.Factory
	program string
	p       *Preference
	aliases map[string]bool // Those that were looked at.
}

// ForRun reads the preferences for a command line; args has the program's name
// in front. The credential plugins' part takes effect at once. Without a file
// the overlay does nothing.
func ForRun(f *factory.Factory, args []string) (*Overlay, error) {
	overlay := &Overlay{f: f, p: &Preference{}, aliases: map[string]bool{}}
	if len(args) <= 1 || Disabled(f) {
		return overlay, nil
	}
	overlay.program = args[0]
	flag, err := flagIn(args)
	if err != nil {
		return nil, err
	}
	file, err := Locate(f, flag)
	if err != nil {
		return nil, fmt.Errorf("kuberc error %w", err)
	}
	p, err := file.load(f.ErrOut)
	if err != nil {
		return nil, fmt.Errorf("kuberc error %w", err)
	}
	if p == nil {
		return overlay, nil
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	overlay.p = p
	f.CredentialPlugins = p.pluginPolicy()
	return overlay, nil
}

// flagIn finds --kuberc in arguments that have not been parsed yet.
func flagIn(args []string) (string, error) {
	for i, arg := range args {
		value, found := "", false
		switch {
		case arg == "--":
			return "", nil
		case arg == "--kuberc" && i+1 < len(args):
			return args[i+1], nil
		case arg == "--kuberc":
			found = true
		default:
			value, found = strings.CutPrefix(arg, "--kuberc=")
		}
		if found && value == "" {
			return "", errors.New("kuberc file is not found")
		}
		if found {
			return value, nil
		}
	}
	return "", nil
}

// Words are names of commands that Apply looks for besides those in args.
func (o *Overlay) Words(args []string) []string {
	var commands []string
	for _, d := range o.p.Defaults {
		commands = append(commands, d.Command)
	}
	for _, alias := range o.p.Aliases {
		if slices.Contains(args, alias.Name) {
			commands = append(commands, alias.Command)
		}
	}
	var words []string
	for _, command := range commands {
		words = append(words, strings.Fields(command)...)
	}
	return words
}

// Apply gives root the alias that args, without the program's name, call, and
// the command that they call its defaults. It returns the arguments as they are
// now to be run.
func (o *Overlay) Apply(root *cobra.Command, args []string) ([]string, error) {
	args, err := o.expand(root, args)
	if err != nil {
		return nil, err
	}
	return args, o.applyDefaults(root, args)
}

// applyDefaults sets the flags of the command that is called. As in kubectl,
// commands are told apart by their last names.
func (o *Overlay) applyDefaults(root *cobra.Command, args []string) error {
	if len(o.p.Defaults) == 0 {
		return nil
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		return nil // Whoever runs the command says so.
	}
	for _, d := range o.p.Defaults {
		meant, _, err := root.Find(strings.Fields(d.Command))
		if err != nil {
			fmt.Fprintf(o.f.ErrOut, "Warning: command %q not found to set kuberc override\n", d.Command)
			continue
		}
		if meant.Name() != cmd.Name() {
			continue
		}
		if o.aliases[cmd.Name()] {
			return fmt.Errorf("alias %s can not be overridden", cmd.Name())
		}
		set, err := setOptions(cmd, d.Options, args, wording{
			unknown: func(flag string) error { return fmt.Errorf("invalid flag %s for command %s", flag, d.Command) },
			invalid: func(option Option, err error) error {
				return fmt.Errorf("could not apply override value %s to flag %s in command %s err: %w", option.Default, option.Name, d.Command, err)
			},
		})
		if err != nil {
			return err
		}
		annotate(cmd, slices.Concat(args, set))
	}
	return nil
}

func annotate(cmd *cobra.Command, words []string) {
	cmd.Annotations = maps.Clone(cmd.Annotations)
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[Original] = strings.Join(words, " ")
}

// wording words what can be wrong with an option.
type wording struct {
	unknown func(flag string) error
	invalid func(option Option, err error) error
}

// setOptions sets those flags of cmd that the user did not set in args, and
// returns them as they would be given.
func setOptions(cmd *cobra.Command, options []Option, args []string, wording wording) (set []string, err error) {
	_ = cmd.InheritedFlags() // Makes cmd know the flags of those above it.
	for _, option := range options {
		flag := cmd.Flag(option.Name)
		if flag == nil {
			return nil, wording.unknown(option.Name)
		}
		if given(flag, args) {
			continue
		}
		if err := cmd.Flags().Set(option.Name, option.Default); err != nil {
			return nil, wording.invalid(option, err)
		}
		set = append(set, fmt.Sprintf("--%s=%s", option.Name, option.Default))
	}
	return set, nil
}

// given reports whether args set the flag, in any of its forms: --flag,
// --flag=value, -f, -fvalue, or, as in kubectl, anywhere in a group of letters.
func given(flag *pflag.Flag, args []string) bool {
	long, short := "--"+flag.Name, "-"+flag.Shorthand
	return slices.ContainsFunc(args, func(arg string) bool {
		if arg == long || strings.HasPrefix(arg, long+"=") {
			return true
		}
		if flag.Shorthand == "" {
			return false
		}
		group, ok := strings.CutPrefix(arg, "-")
		return strings.HasPrefix(arg, short) || ok && letters(group) && strings.Contains(group, flag.Shorthand)
	})
}
