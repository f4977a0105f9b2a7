package preference

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/client-go/plugin/pkg/client/auth/exec"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// validate checks what must hold whatever the command line is.
func (p *Preference) validate() error {
	var names []string
	for _, alias := range p.Aliases {
		if !letters(alias.Name) {
			return errors.New("invalid alias name, can only include alphabetical characters")
		}
		if err := validateOptions(alias.Options); err != nil {
			return err
		}
		if slices.Contains(names, alias.Name) {
			return fmt.Errorf("duplicate alias name %s", alias.Name)
		}
		names = append(names, alias.Name)
	}
	for _, d := range p.Defaults {
		if err := validateOptions(d.Options); err != nil {
			return err
		}
	}
	return exec.ValidatePluginPolicy(p.pluginPolicy())
}

func validateOptions(options []Option) error {
	for _, option := range options {
		if strings.HasPrefix(option.Name, "-") {
			return fmt.Errorf("flag name %s should be in long form without dashes", option.Name)
		}
	}
	return nil
}

// letters reports whether a text is letters only, and at least one.
func letters(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return text != ""
}

// pluginPolicy is the part of the file that client-go carries out.
func (p *Preference) pluginPolicy() clientcmdapi.PluginPolicy {
	policy := clientcmdapi.PluginPolicy{PolicyType: p.CredentialPluginPolicy}
	if p.CredentialPluginAllowlist != nil {
		policy.Allowlist = []clientcmdapi.AllowlistEntry{}
	}
	for _, allowed := range p.CredentialPluginAllowlist {
		policy.Allowlist = append(policy.Allowlist, clientcmdapi.AllowlistEntry{Command: allowed.Command})
	}
	return policy
}
