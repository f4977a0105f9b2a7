package kuberc

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/preference"
)

// The parts of the file that can be set.
const (
	defaults         = "defaults"
	aliases          = "aliases"
	credentialPlugin = "credentialplugin"
)

// options are the flags of set.
type options struct {
	section, command, name  string
	policy                  string
	options                 []string
	prependArgs, appendArgs []string
	allowed                 []string
	overwrite               bool
}

func newSet(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "set --section (defaults|aliases) --command COMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Set values in the kuberc configuration",
		Example: `  # Another default for a flag of a subcommand
  kubectl kuberc set --section defaults --command "set env" --option output=yaml

  # "kubectl runx NAME" for "kubectl run --image=nginx NAME -- custom"
  kubectl kuberc set --section aliases --name runx --command run --option image=nginx --appendarg -- --appendarg custom

  # Only one program may be asked for credentials
  kubectl kuberc set --section credentialplugin --policy Allowlist --allowlist-entry command=cloud-login`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := locate(cmd, f)
			if err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(f, file)
		},
	}
	preference.AddFlag(cmd.Flags())
	set := cmd.Flags()
	set.StringVar(&o.section, "section", "", "What to set: defaults, aliases or credentialplugin.")
	_ = cmd.MarkFlagRequired("section")
	set.StringVar(&o.command, "command", "", `Command that is meant, such as get or "set env".`)
	set.StringVar(&o.name, "name", "", "Name of the alias.")
	set.StringVar(&o.policy, "policy", "", "Which credential plugins may run: AllowAll, DenyAll or Allowlist.")
	set.StringArrayVar(&o.options, "option", nil, "Flag of the command, as FLAG=VALUE; may be given several times.")
	set.StringArrayVar(&o.prependArgs, "prependarg", nil, "Argument of the alias in front of the user's; may be given several times.")
	set.StringArrayVar(&o.appendArgs, "appendarg", nil, "Argument of the alias behind the user's; may be given several times.")
	set.StringArrayVar(&o.allowed, "allowlist-entry", nil, "Credential plugin that may run, as command=PROGRAM; may be given several times.")
	set.BoolVar(&o.overwrite, "overwrite", false, "Replace what is there.")
	return cmd
}

func (o *options) validate() error {
	switch {
	case !slices.Contains([]string{defaults, aliases, credentialPlugin}, o.section):
		return fmt.Errorf("--section must be %q, %q, or %q, got: %s", defaults, aliases, credentialPlugin, o.section)
	case o.section == aliases && o.name == "":
		return fmt.Errorf("--name is required when --section=%s", aliases)
	case o.section == defaults && o.name != "":
		return fmt.Errorf("--name should not be specified when --section=%s", defaults)
	case o.section == defaults && len(o.prependArgs)+len(o.appendArgs) > 0:
		return fmt.Errorf("--prependarg and --appendarg are only valid for --section=%s", aliases)
	case o.section != credentialPlugin && o.command == "":
		return fmt.Errorf("--command is required when --section=%s or --section=%s", aliases, defaults)
	case o.section == credentialPlugin:
		return o.validatePolicy()
	}
	return nil
}

func (o *options) validatePolicy() error {
	const all, none, some = clientcmdapi.PluginPolicyAllowAll, clientcmdapi.PluginPolicyDenyAll, clientcmdapi.PluginPolicyAllowlist
	switch clientcmdapi.PolicyType(o.policy) {
	case "":
		return fmt.Errorf("--policy is required when --section=%s", credentialPlugin)
	case all, none:
		if len(o.allowed) > 0 {
			return fmt.Errorf("--allowlist-entry may only be used when --section=%s and --policy=%s", credentialPlugin, some)
		}
	case some:
		if len(o.allowed) == 0 {
			return fmt.Errorf("--allowlist-entry is required when --section=%s and --policy=%s", credentialPlugin, some)
		}
	default:
		return fmt.Errorf(" --policy must be  %q, %q, or %q, got: %s", all, none, some, o.policy)
	}
	return nil
}

func (o *options) run(f *factory.Factory, file preference.File) error {
	p, err := file.Read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("error reading kuberc file: %w", err)
	}
	if p == nil {
		p = preference.New()
	}
	given, err := o.parseOptions()
	if err != nil {
		return err
	}
	switch o.section {
	case defaults:
		err = o.setDefault(p, given)
	case aliases:
		err = o.setAlias(p, given)
	case credentialPlugin:
		err = o.setPolicy(p)
	}
	if err != nil {
		return err
	}
	return file.Write(p, f.Out)
}

func (o *options) parseOptions() ([]preference.Option, error) {
	var parsed []preference.Option
	for _, option := range o.options {
		name, value, ok := strings.Cut(option, "=")
		if !ok {
			return nil, fmt.Errorf("invalid option format %q, expected flag=value", option)
		}
		parsed = append(parsed, preference.Option{Name: strings.TrimLeft(name, "-"), Default: value})
	}
	return parsed, nil
}

// setDefault adds or replaces the defaults of a command.
func (o *options) setDefault(p *preference.Preference, given []preference.Option) error {
	at := slices.IndexFunc(p.Defaults, func(d preference.Default) bool { return d.Command == o.command })
	switch {
	case at < 0:
		p.Defaults = append(p.Defaults, preference.Default{Command: o.command, Options: given})
	case !o.overwrite:
		return fmt.Errorf("defaults for command %q already exist, use --overwrite to replace", o.command)
	default:
		p.Defaults[at].Options = givenOr(given, p.Defaults[at].Options)
	}
	return nil
}

// setAlias adds or replaces an alias.
func (o *options) setAlias(p *preference.Preference, given []preference.Option) error {
	at := slices.IndexFunc(p.Aliases, func(a preference.Alias) bool { return a.Name == o.name })
	wanted := preference.Alias{Name: o.name, Command: o.command, PrependArgs: o.prependArgs, AppendArgs: o.appendArgs, Options: given}
	switch {
	case at < 0:
		p.Aliases = append(p.Aliases, wanted)
	case !o.overwrite:
		return fmt.Errorf("alias %q already exists, use --overwrite to replace", o.name)
	default:
		old := p.Aliases[at]
		wanted.PrependArgs = givenOr(wanted.PrependArgs, old.PrependArgs)
		wanted.AppendArgs = givenOr(wanted.AppendArgs, old.AppendArgs)
		wanted.Options = givenOr(wanted.Options, old.Options)
		p.Aliases[at] = wanted
	}
	return nil
}

// givenOr is what was given, or, if nothing was, what was there.
func givenOr[T any](given, old []T) []T {
	if len(given) > 0 {
		return given
	}
	return old
}

// setPolicy sets which credential plugins may run.
func (o *options) setPolicy(p *preference.Preference) error {
	p.CredentialPluginPolicy = clientcmdapi.PolicyType(o.policy)
	if p.CredentialPluginPolicy != clientcmdapi.PluginPolicyAllowlist {
		return nil
	}
	var list []preference.Allowed
	var errs []error
	for _, pair := range strings.Split(strings.Join(o.allowed, ","), ",") {
		allowed, err := parseAllowed(pair)
		list, errs = append(list, allowed), append(errs, err)
	}
	p.CredentialPluginAllowlist = list
	return utilerrors.NewAggregate(errs)
}

func parseAllowed(pair string) (preference.Allowed, error) {
	field, program, ok := strings.Cut(pair, "=")
	switch {
	case !ok:
		return preference.Allowed{}, fmt.Errorf("improperly formatted allowlist entry: %q", pair)
	case field == "name":
		return preference.Allowed{}, fmt.Errorf("allowlist entry field %q is deprecated, use %q instead", "name", "command")
	case field != "command":
		return preference.Allowed{}, fmt.Errorf("unrecognized allowlist entry field: %q", field)
	case strings.TrimSpace(program) == "":
		return preference.Allowed{}, fmt.Errorf("empty value in allowlist entry for field %q", field)
	}
	return preference.Allowed{Command: program}, nil
}
