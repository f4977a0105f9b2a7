package set

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
)

type subject struct {
	setter
	users, groups, serviceAccounts []string
}

func newSubject(f *factory.Factory) *cobra.Command {
	o := &subject{setter: newSetter("subjects updated", "failed to patch subjects to rolebinding: %v")}
	cmd := &cobra.Command{
		Use:                   "subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
		DisableFlagsInUseLine: true,
		Short:                 "Update the user, group, or service account in a role binding or cluster role binding",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd, true)
	cmd.Flags().StringArrayVar(&o.users, "user", nil, "User that gets the role; may be given several times.")
	cmd.Flags().StringArrayVar(&o.groups, "group", nil, "Group that gets the role; may be given several times.")
	cmd.Flags().StringArrayVar(&o.serviceAccounts, "serviceaccount", nil, "Service account that gets the role, as NAMESPACE:NAME; may be given several times.")
	return cmd
}

func (o *subject) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	infos, err := o.find(f, args)
	if err != nil {
		return err
	}
	if err := o.validate(infos); err != nil {
		return err
	}
	subjects := o.subjects()
	return o.change(f, infos, func(object runtime.Object) error {
		switch object := object.(type) {
		case *rbacv1.RoleBinding:
			object.Subjects = appendNew(object.Subjects, subjects)
		case *rbacv1.ClusterRoleBinding:
			object.Subjects = appendNew(object.Subjects, subjects)
		default:
			return fmt.Errorf("setting subjects is only supported for RoleBinding/ClusterRoleBinding")
		}
		return nil
	})
}

func (o *subject) validate(infos []*resource.Info) error {
	if err := o.checkLocal(); err != nil {
		return err
	}
	if o.all && o.selector != "" {
		return fmt.Errorf("cannot set --all and --selector at the same time")
	}
	if len(o.users) == 0 && len(o.groups) == 0 && len(o.serviceAccounts) == 0 {
		return fmt.Errorf("you must specify at least one value of user, group or serviceaccount")
	}
	for _, account := range o.serviceAccounts {
		parts := strings.Split(account, ":")
		if len(parts) != 2 || parts[1] == "" {
			return fmt.Errorf("serviceaccount must be <namespace>:<name>")
		}
		for _, info := range infos {
			if _, ok := info.Object.(*rbacv1.ClusterRoleBinding); ok && parts[0] == "" {
				return fmt.Errorf("serviceaccount must be <namespace>:<name>, namespace must be specified")
			}
		}
	}
	return nil
}

func (o *subject) subjects() []rbacv1.Subject {
	var subjects []rbacv1.Subject
	for _, name := range distinct(o.users) {
		subjects = append(subjects, rbacv1.Subject{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, name := range distinct(o.groups) {
		subjects = append(subjects, rbacv1.Subject{Kind: rbacv1.GroupKind, APIGroup: rbacv1.GroupName, Name: name})
	}
	for _, account := range distinct(o.serviceAccounts) {
		namespace, name, _ := strings.Cut(account, ":")
		if namespace == "" {
			namespace = o.namespace
		}
		subjects = append(subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name})
	}
	return subjects
}

func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

func appendNew(subjects, more []rbacv1.Subject) []rbacv1.Subject {
	existing := slices.Clone(subjects)
	for _, subject := range more {
		if !slices.Contains(existing, subject) {
			subjects = append(subjects, subject)
		}
	}
	return subjects
}
