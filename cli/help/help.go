// Package help lays out the help and usage texts of commands, in the sections
// and order that kubectl's users know.
package help

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/failure"
)

// Listing is commands of the program under a title.
type Listing struct {
	Title    string
	Commands []*cobra.Command
}

// Install gives root, and all commands below it, our texts. listings are what
// the program's own help lists.
func Install(root *cobra.Command, out io.Writer, listings func() []Listing) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		writeUsage(cmd.OutOrStderr(), cmd, listings)
		return nil
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		write(out, cmd, listings)
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd.CalledAs() == "options" {
			return fmt.Errorf("%s\nRun '%s' without flags.", err, cmd.CommandPath())
		}
		return fmt.Errorf("%s\nSee '%s --help' for usage.", err, cmd.CommandPath())
	})
}

// Group makes the Run of a command that only has subcommands: it shows its
// help and fails, or fails on an unknown subcommand.
func Group(out io.Writer) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return failure.Usage(cmd, "unknown command %q", strings.Join(args, " "))
		}
		write(out, cmd, nil)
		return failure.Silent
	}
}

func write(w io.Writer, cmd *cobra.Command, listings func() []Listing) {
	var text strings.Builder
	fmt.Fprintln(&text, strings.TrimSpace(description(cmd)))
	fmt.Fprintln(&text)
	writeUsage(&text, cmd, listings)
	if _, err := io.WriteString(w, text.String()); err != nil {
		cmd.PrintErrln(err)
	}
}

func description(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short
}

func writeUsage(w io.Writer, cmd *cobra.Command, listings func() []Listing) {
	var sections []string
	add := func(section string) {
		if section = strings.TrimRight(section, "\n "); section != "" {
			sections = append(sections, section)
		}
	}
	if len(cmd.Aliases) > 0 {
		add("Aliases:\n" + cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		add("Examples:\n" + cmd.Example)
	}
	add(subcommands(cmd, listings))
	if flags := FlagUsages(localFlags(cmd)); flags != "" {
		add("Options:\n" + flags)
	}
	if cmd.Runnable() {
		add("Usage:\n  " + usageLine(cmd))
	}
	add(hints(cmd))
	fmt.Fprintln(w, strings.Join(sections, "\n\n"))
}

// subcommands lists the commands below cmd, for the program itself in groups.
func subcommands(cmd *cobra.Command, listings func() []Listing) string {
	if !cmd.HasAvailableSubCommands() {
		return ""
	}
	if cmd.HasParent() {
		return section("Available Commands:", cmd.Commands())
	}
	var sections []string
	for _, listing := range listings() {
		sections = append(sections, section(listing.Title, listing.Commands))
	}
	return strings.Join(sections, "\n\n")
}

func section(title string, commands []*cobra.Command) string {
	lines := []string{title}
	for _, c := range commands {
		if c.IsAvailableCommand() && c.Name() != "options" {
			lines = append(lines, fmt.Sprintf("  %-*s   %s", c.NamePadding(), c.Name(), c.Short))
		}
	}
	return strings.Join(lines, "\n")
}

// localFlags are the command's own flags, without those that every command
// has.
func localFlags(cmd *cobra.Command) *pflag.FlagSet {
	local := pflag.NewFlagSet("local", pflag.ContinueOnError)
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "help" && cmd.PersistentFlags().Lookup(flag.Name) == nil {
			local.AddFlag(flag)
		}
	})
	return local
}

// FlagUsages lists flags with their defaults.
func FlagUsages(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		value := flag.DefValue
		if flag.Value.Type() == "string" {
			value = "'" + value + "'"
		}
		short := ""
		if flag.Shorthand != "" {
			short = "-" + flag.Shorthand + ", "
		}
		fmt.Fprintf(&b, "    %s--%s=%s:\n\t%s\n\n", short, flag.Name, value, flag.Usage)
	})
	return b.String()
}

func usageLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if cmd.HasFlags() && !strings.Contains(line, "[options]") {
		line += " [options]"
	}
	return line
}

func hints(cmd *cobra.Command) string {
	var lines []string
	if cmd.HasSubCommands() {
		lines = append(lines, fmt.Sprintf("Use \"%s <command> --help\" for more information about a given command.", cmd.CommandPath()))
	}
	if cmd.Runnable() {
		lines = append(lines, fmt.Sprintf("Use \"%s options\" for a list of global command-line options (applies to all commands).", cmd.Root().Name()))
	}
	return strings.Join(lines, "\n")
}
