package create

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
)

type token struct {
	print                         *output.Flags
	audiences                     []string
	duration                      time.Duration
	boundKind, boundName, boundID string
}

func newToken(f *factory.Factory) *cobra.Command {
	o := &token{print: flags.Print("created")}
	cmd := &cobra.Command{
		Use:                   "token SERVICE_ACCOUNT_NAME",
		DisableFlagsInUseLine: true,
		Short:                 "Request a service account token",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	set.StringArrayVar(&o.audiences, "audience", nil, "For whom the token is; by default the API server. May be given several times.")
	set.DurationVar(&o.duration, "duration", 0, "How long it is to be valid; by default, and in the end, the server decides.")
	set.StringVar(&o.boundKind, "bound-object-kind", "", "Kind of an object with which the token ends: "+strings.Join(boundKinds(), ", ")+". Needs --bound-object-name.")
	set.StringVar(&o.boundName, "bound-object-name", "", "Name of the object with which the token ends. Needs --bound-object-kind.")
	set.StringVar(&o.boundID, "bound-object-uid", "", "UID of the object with which the token ends; by default that of the one there is.")
	return cmd
}

// boundKinds are the kinds, all of v1, that a token can be bound to.
func boundKinds() []string { return []string{"Node", "Pod", "Secret"} }

func (o *token) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	name, err := nameArgument(cmd, args)
	if err != nil {
		return err
	}
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	if err := o.validate(name, namespace); err != nil {
		return err
	}
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	answer := &authenticationv1.TokenRequest{}
	err = client.Post().Namespace(namespace).Resource("serviceaccounts").Name(name).SubResource("token").
		Body(o.request()).Do(cmd.Context()).Into(answer)
	if err != nil {
		return fmt.Errorf("failed to create token: %v", err)
	}
	if answer.Status.Token == "" {
		return fmt.Errorf("failed to create token: no token in server response")
	}
	if o.print.Chosen() {
		return printer.PrintObj(answer, f.Out)
	}
	fmt.Fprint(f.Out, answer.Status.Token)
	if printers.IsTerminal(f.Out) {
		fmt.Fprintln(f.Out)
	}
	return nil
}

func (o *token) request() *authenticationv1.TokenRequest {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: o.audiences}}
	if o.duration > 0 {
		seconds := int64(o.duration / time.Second)
		request.Spec.ExpirationSeconds = &seconds
	}
	if o.boundKind != "" {
		request.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{
			Kind: o.boundKind, APIVersion: "v1", Name: o.boundName, UID: types.UID(o.boundID),
		}
	}
	return request
}

func (o *token) validate(name, namespace string) error {
	switch {
	case name == "":
		return fmt.Errorf("service account name is required")
	case namespace == "":
		return fmt.Errorf("--namespace is required")
	case o.duration < 0:
		return fmt.Errorf("--duration must be greater than or equal to 0")
	case o.duration%time.Second != 0:
		return fmt.Errorf("--duration cannot be expressed in units less than seconds")
	case slices.Contains(o.audiences, ""):
		return fmt.Errorf("--audience must not be an empty string")
	case o.boundKind == "" && o.boundName != "":
		return fmt.Errorf("--bound-object-name can only be set if --bound-object-kind is provided")
	case o.boundKind == "" && o.boundID != "":
		return fmt.Errorf("--bound-object-uid can only be set if --bound-object-kind is provided")
	case o.boundKind != "" && !slices.Contains(boundKinds(), o.boundKind):
		return fmt.Errorf("supported --bound-object-kind values are %s", strings.Join(boundKinds(), ", "))
	case o.boundKind != "" && o.boundName == "":
		return fmt.Errorf("--bound-object-name is required if --bound-object-kind is provided")
	}
	return nil
}
