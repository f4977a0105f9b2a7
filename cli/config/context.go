package config

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

func newCurrentContext(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "current-context",
		Short: "Display the current-context",
		RunE: func(*cobra.Command, []string) error {
			config, err := load(f)
			if err != nil {
				return err
			}
			if config.CurrentContext == "" {
				return errors.New("current-context is not set")
			}
			fmt.Fprintf(f.Out, "%s\n", config.CurrentContext)
			return nil
		},
	}
}

func newUseContext(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "use-context CONTEXT_NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Set the current-context in a kubeconfig file",
		Aliases:               []string{"use"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			return useContext(f, args[0])
		},
	}
}

func useContext(f *factory.Factory, name string) error {
	err := update(f, func(config *clientcmdapi.Config) error {
		if name == "" {
			return errors.New("empty context names are not allowed")
		}
		if _, ok := config.Contexts[name]; !ok {
			return fmt.Errorf("no context exists with the name: %q", name)
		}
		config.CurrentContext = name
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "Switched to context %q.\n", name)
	return nil
}

type setContext struct {
	current                  bool
	cluster, user, namespace string
}

func newSetContext(f *factory.Factory) *cobra.Command {
	o := &setContext{}
	cmd := &cobra.Command{
		Use:                   "set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]",
		DisableFlagsInUseLine: true,
		Short:                 "Set a context entry in kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return o.run(f, cmd, name)
		},
	}
	cmd.Flags().BoolVar(&o.current, "current", false, "Modify the current context")
	cmd.Flags().StringVar(&o.cluster, "cluster", "", "cluster for the context entry in kubeconfig")
	cmd.Flags().StringVar(&o.user, "user", "", "user for the context entry in kubeconfig")
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "", "namespace for the context entry in kubeconfig")
	return cmd
}

func (o *setContext) run(f *factory.Factory, cmd *cobra.Command, name string) error {
	if name == "" && !o.current {
		return errors.New("you must specify a non-empty context name or --current")
	}
	if name != "" && o.current {
		return errors.New("you cannot specify both a context name and --current")
	}
	done := "modified"
	err := update(f, func(config *clientcmdapi.Config) error {
		if o.current {
			if config.CurrentContext == "" {
				return errors.New("no current context is set")
			}
			name = config.CurrentContext
		}
		context, exists := config.Contexts[name]
		if !exists {
			done, context = "created", clientcmdapi.NewContext()
			config.Contexts[name] = context
		}
		given(cmd, "cluster", &context.Cluster, o.cluster)
		given(cmd, "user", &context.AuthInfo, o.user)
		given(cmd, "namespace", &context.Namespace, o.namespace)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "Context %q %s.\n", name, done)
	return nil
}

// given sets field to value if the flag was on the command line.
func given(cmd *cobra.Command, flag string, field *string, value string) {
	if cmd.Flags().Changed(flag) {
		*field = value
	}
}

func newRenameContext(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "rename-context CONTEXT_NAME NEW_NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Rename a context from the kubeconfig file",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return helpError(cmd, "Unexpected args: %v", args)
			}
			return renameContext(f, args[0], args[1])
		},
	}
}

func renameContext(f *factory.Factory, from, to string) error {
	if to == "" {
		return errors.New("You must specify a new non-empty context name")
	}
	err := update(f, func(config *clientcmdapi.Config) error {
		context, ok := config.Contexts[from]
		if !ok {
			return fmt.Errorf("cannot rename the context %q, it's not in %s", from, fileOf(f))
		}
		if _, taken := config.Contexts[to]; taken {
			return fmt.Errorf("cannot rename the context %q, the context %q already exists in %s", from, to, fileOf(f))
		}
		delete(config.Contexts, from)
		config.Contexts[to] = context
		if config.CurrentContext == from {
			config.CurrentContext = to
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "Context %q renamed to %q.\n", from, to)
	return nil
}
