package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/pairs"
)

type setCredentials struct {
	certificate, key                      string
	embed                                 bool
	token, username, password             string
	authProvider                          string
	authProviderArgs                      []string
	execCommand, execAPIVersion, execMode string
	execClusterInfo                       bool
	execArgs, execEnv                     []string
}

func newSetCredentials(f *factory.Factory) *cobra.Command {
	o := &setCredentials{}
	cmd := &cobra.Command{
		Use: "set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] " +
			"[--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] " +
			"[--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]",
		DisableFlagsInUseLine: true,
		Short:                 "Set a user entry in kubeconfig",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return helpError(cmd, "unexpected args: %v", args)
			}
			return o.run(f, cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.certificate, "client-certificate", "", "Path to client-certificate file for the user entry in kubeconfig")
	flags.StringVar(&o.key, "client-key", "", "Path to client-key file for the user entry in kubeconfig")
	flags.StringVar(&o.token, "token", "", "token for the user entry in kubeconfig")
	flags.StringVar(&o.username, "username", "", "username for the user entry in kubeconfig")
	flags.StringVar(&o.password, "password", "", "password for the user entry in kubeconfig")
	flags.StringVar(&o.authProvider, "auth-provider", "", "Auth provider for the user entry in kubeconfig")
	flags.StringSliceVar(&o.authProviderArgs, "auth-provider-arg", nil, "'key=value' arguments for the auth provider")
	flags.StringVar(&o.execCommand, "exec-command", "", "Command of the program that gives credentials")
	flags.StringVar(&o.execAPIVersion, "exec-api-version", "", "API version that the program speaks")
	flags.StringVar(&o.execMode, "exec-interactive-mode", "", "Whether the program may ask the user: IfAvailable, Always or Never")
	flags.BoolVar(&o.execClusterInfo, "exec-provide-cluster-info", false, "Tell the program about the cluster")
	flags.StringSliceVar(&o.execArgs, "exec-arg", nil, "Arguments of the program, in place of those it had")
	flags.StringArrayVar(&o.execEnv, "exec-env", nil, "'key=value' environment values for the program; 'key-' removes one")
	flags.BoolVar(&o.embed, "embed-certs", false, "Embed client cert/key for the user entry in kubeconfig")
	return cmd
}

func (o *setCredentials) run(f *factory.Factory, cmd *cobra.Command, name string) error {
	providerArgs, err := pairs.Parse(o.authProviderArgs, "auth-provider-arg")
	if err != nil {
		return helpError(cmd, "%w", err)
	}
	env, err := pairs.Parse(o.execEnv, "exec-env")
	if err != nil {
		return helpError(cmd, "%w", err)
	}
	if err := o.validate(cmd, name); err != nil {
		return err
	}
	err = update(f, func(config *clientcmdapi.Config) error {
		user, ok := config.AuthInfos[name]
		if !ok {
			user = clientcmdapi.NewAuthInfo()
			config.AuthInfos[name] = user
		}
		o.changeCertificates(cmd, user)
		o.changeAuthProvider(cmd, user, providerArgs)
		o.changeExec(cmd, user, env)
		o.changeSecrets(cmd, user)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.Out, "User %q set.\n", name)
	return nil
}

func (o *setCredentials) validate(cmd *cobra.Command, name string) error {
	if name == "" {
		return errors.New("you must specify a non-empty user name")
	}
	if o.token != "" && (o.username != "" || o.password != "") {
		return errors.New("you cannot specify more than one authentication method at the same time: --token, --username/--password")
	}
	if o.embed {
		if o.certificate == "" && o.key == "" {
			return errors.New("you must specify a --client-certificate or --client-key to embed")
		}
		if err := readable("client-certificate", o.certificate); err != nil {
			return err
		}
		if err := readable("client-key", o.key); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("exec-interactive-mode") && !slices.Contains([]string{"IfAvailable", "Always", "Never"}, o.execMode) {
		return errors.New("invalid interactive mode type, can be only IfAvailable, Never, Always")
	}
	return nil
}

func (o *setCredentials) changeCertificates(cmd *cobra.Command, user *clientcmdapi.AuthInfo) {
	if cmd.Flags().Changed("client-certificate") {
		user.ClientCertificate, user.ClientCertificateData = fileOrData(o.certificate, o.embed, user.ClientCertificateData)
	}
	if cmd.Flags().Changed("client-key") {
		user.ClientKey, user.ClientKeyData = fileOrData(o.key, o.embed, user.ClientKeyData)
	}
}

// changeSecrets sets token or name and password; either forgets the other.
func (o *setCredentials) changeSecrets(cmd *cobra.Command, user *clientcmdapi.AuthInfo) {
	given(cmd, "token", &user.Token, o.token)
	given(cmd, "username", &user.Username, o.username)
	given(cmd, "password", &user.Password, o.password)
	basic := o.username != "" || o.password != ""
	switch {
	case o.token != "" && !basic:
		user.Username, user.Password = "", ""
	case basic && o.token == "":
		user.Token = ""
	}
}

func (o *setCredentials) changeAuthProvider(cmd *cobra.Command, user *clientcmdapi.AuthInfo, args pairs.Changes) {
	if cmd.Flags().Changed("auth-provider") && (user.AuthProvider == nil || user.AuthProvider.Name != o.authProvider) {
		user.AuthProvider = &clientcmdapi.AuthProviderConfig{Name: o.authProvider}
	}
	if user.AuthProvider == nil {
		return
	}
	if user.AuthProvider.Config == nil {
		user.AuthProvider.Config = map[string]string{}
	}
	for _, key := range args.Remove {
		delete(user.AuthProvider.Config, key)
	}
	maps.Copy(user.AuthProvider.Config, args.Set)
}

func (o *setCredentials) changeExec(cmd *cobra.Command, user *clientcmdapi.AuthInfo, env pairs.Changes) {
	if cmd.Flags().Changed("exec-command") {
		if user.Exec == nil {
			user.Exec = &clientcmdapi.ExecConfig{}
		}
		user.Exec.Command, user.Exec.Args = o.execCommand, nil
	}
	if user.Exec == nil {
		return
	}
	given(cmd, "exec-api-version", &user.Exec.APIVersion, o.execAPIVersion)
	if len(o.execArgs) > 0 {
		user.Exec.Args = o.execArgs
	}
	given(cmd, "exec-interactive-mode", (*string)(&user.Exec.InteractiveMode), o.execMode)
	if cmd.Flags().Changed("exec-provide-cluster-info") {
		user.Exec.ProvideClusterInfo = o.execClusterInfo
	}
	user.Exec.Env = changeEnv(user.Exec.Env, env)
}

// changeEnv removes, replaces and appends variables; new ones by name.
func changeEnv(variables []clientcmdapi.ExecEnvVar, changes pairs.Changes) []clientcmdapi.ExecEnvVar {
	variables = slices.DeleteFunc(variables, func(v clientcmdapi.ExecEnvVar) bool { return slices.Contains(changes.Remove, v.Name) })
	for _, name := range slices.Sorted(maps.Keys(changes.Set)) {
		value := clientcmdapi.ExecEnvVar{Name: name, Value: changes.Set[name]}
		at := slices.IndexFunc(variables, func(v clientcmdapi.ExecEnvVar) bool { return v.Name == name })
		if at < 0 {
			variables = append(variables, value)
		} else {
			variables[at] = value
		}
	}
	return variables
}
