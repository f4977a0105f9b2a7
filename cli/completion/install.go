package completion

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
)

// patience is how long a server may take to answer while a user waits for the
// shell, unless --request-timeout says else.
const patience = "5s"

// Install makes the program answer what shells ask it, if args, those of the
// program, are such a question. All commands must be below root.
func Install(root *cobra.Command, f *factory.Factory, args []string) {
	if !asked(args) {
		return
	}
	root.SetOut(f.Out)
	_ = root.PersistentFlags().Set("request-timeout", patience)
	root.PersistentFlags().Lookup("request-timeout").Changed = false
	addPlugins(root, f, args[1:])
	installBelow(root, f, "")
	for name, answer := range globalFlags() {
		register(root, f, name, answer)
	}
}

// asked says whether a shell asks for completions.
func asked(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// installBelow gives the commands below cmd, whose path is prefix, the answers
// of the tables.
func installBelow(cmd *cobra.Command, f *factory.Factory, prefix string) {
	for _, sub := range cmd.Commands() {
		path := strings.TrimSpace(prefix + " " + sub.Name())
		if answer, ok := arguments()[path]; ok {
			sub.ValidArgsFunction = function(f, answer)
		}
		own := flagsOf()[path]
		for name, answer := range own {
			register(sub, f, name, answer)
		}
		for name, answer := range flagsOfAny() {
			if own[name] == nil {
				register(sub, f, name, answer)
			}
		}
		installBelow(sub, f, path)
	}
}

// register sets what the values of a flag can be, if the command has that flag
// itself.
func register(cmd *cobra.Command, f *factory.Factory, name string, answer answer) {
	flag := cmd.PersistentFlags().Lookup(name)
	if flag == nil {
		flag = cmd.Flags().Lookup(name)
	}
	if flag != nil {
		_ = cmd.RegisterFlagCompletionFunc(name, function(f, answer)) // It fails if there is one already.
	}
}

func function(f *factory.Factory, answer answer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		return answer(question{Factory: f, ctx: cmd.Context(), args: args, typed: typed})
	}
}
