// Package preference is the user's kuberc file: other defaults for flags,
// aliases for commands, and which credential plugins may run. It reads and
// writes the file, and lays what it says over a command tree before a command
// line is parsed.
//
// It must not import commands.
package preference

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	group = "kubectl.config.k8s.io"
	kind  = "Preference"
)

// Preference is the content of a kuberc file, in version v1beta1.
type Preference struct {
	metav1.TypeMeta `json:""`

	Defaults                  []Default               `json:"defaults"`
	Aliases                   []Alias                 `json:"aliases"`
	CredentialPluginPolicy    clientcmdapi.PolicyType `json:"credentialPluginPolicy,omitempty"`
	CredentialPluginAllowlist []Allowed               `json:"credentialPluginAllowlist,omitempty"`
}

// Default has other defaults for the flags of a command, such as "get" or
// "set image".
type Default struct {
	Command string   `json:"command"`
	Options []Option `json:"options"`
}

// Alias is another name for a command, with flags, and with arguments in front
// of the user's and behind them.
type Alias struct {
	Name        string   `json:"name"`
	Command     string   `json:"command"`
	PrependArgs []string `json:"prependArgs,omitempty"`
	AppendArgs  []string `json:"appendArgs,omitempty"`
	Options     []Option `json:"options,omitempty"`
}

// Option is a flag, by its long name without dashes, and its value.
type Option struct {
	Name    string `json:"name"`
	Default string `json:"default"`
}

// Allowed is a credential plugin that may run.
type Allowed struct {
	Name    string `json:"name,omitempty"` // Old name of Command.
	Command string `json:"command,omitempty"`
}

// New is an empty file.
func New() *Preference {
	return &Preference{TypeMeta: metav1.TypeMeta{APIVersion: group + "/v1beta1", Kind: kind}}
}

// DeepCopyObject makes Preference a runtime.Object.
func (p *Preference) DeepCopyObject() runtime.Object {
	copied := *p
	copied.Defaults = slices.Clone(p.Defaults)
	for i := range copied.Defaults {
		copied.Defaults[i].Options = slices.Clone(copied.Defaults[i].Options)
	}
	copied.Aliases = slices.Clone(p.Aliases)
	for i := range copied.Aliases {
		a := &copied.Aliases[i]
		a.PrependArgs, a.AppendArgs, a.Options = slices.Clone(a.PrependArgs), slices.Clone(a.AppendArgs), slices.Clone(a.Options)
	}
	copied.CredentialPluginAllowlist = slices.Clone(p.CredentialPluginAllowlist)
	return &copied
}

// settleNames moves the old names of plugins to their place.
func (p *Preference) settleNames() error {
	for i := range p.CredentialPluginAllowlist {
		allowed := &p.CredentialPluginAllowlist[i]
		if allowed.Name != "" && allowed.Command != "" && allowed.Name != allowed.Command {
			return fmt.Errorf("credentialPluginAllowlist[%d]: name and command differ", i)
		}
		allowed.Name, allowed.Command = "", cmp.Or(allowed.Command, allowed.Name)
	}
	return nil
}

// alpha is the version v1alpha1, with other names for some fields.
type alpha struct {
	metav1.TypeMeta `json:""`

	Defaults []alphaDefault `json:"overrides"`
	Aliases  []alphaAlias   `json:"aliases"`
}

type alphaDefault struct {
	Command string   `json:"command"`
	Options []Option `json:"flags"`
}

type alphaAlias struct {
	Name        string   `json:"name"`
	Command     string   `json:"command"`
	PrependArgs []string `json:"prependArgs,omitempty"`
	AppendArgs  []string `json:"appendArgs,omitempty"`
	Options     []Option `json:"flags,omitempty"`
}

// DeepCopyObject makes alpha a runtime.Object. It is read and converted, never
// copied.
func (a *alpha) DeepCopyObject() runtime.Object { return a.convert() }

// convert is the content in version v1beta1.
func (a *alpha) convert() *Preference {
	p := New()
	for _, d := range a.Defaults {
		p.Defaults = append(p.Defaults, Default(d))
	}
	for _, alias := range a.Aliases {
		p.Aliases = append(p.Aliases, Alias(alias))
	}
	return p
}

// versions knows the types of all versions.
var versions = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(schema.GroupVersionKind{Group: group, Version: "v1beta1", Kind: kind}, &Preference{})
	scheme.AddKnownTypeWithName(schema.GroupVersionKind{Group: group, Version: "v1alpha1", Kind: kind}, &alpha{})
	return scheme
})
