package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	rbacv1alpha1 "k8s.io/api/rbac/v1alpha1"
	rbacv1beta1 "k8s.io/api/rbac/v1beta1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

type reconcile struct {
	f      *factory.Factory
	print  *output.Flags
	files  resource.FilenameOptions
	dryRun bool

	removeRules, removeSubjects bool
}

func newReconcile(f *factory.Factory) *cobra.Command {
	o := &reconcile{f: f, print: flags.Print("reconciled")}
	cmd := &cobra.Command{
		Use:                   "reconcile -f FILENAME",
		DisableFlagsInUseLine: true,
		Short:                 "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, args) },
	}
	o.print.AddFlags(cmd)
	flags.AddFilenames(cmd, &o.files, "identifying the resource to reconcile.")
	cmd.Flags().BoolVar(&o.removeRules, "remove-extra-permissions", false, "Remove rules that the file does not have.")
	cmd.Flags().BoolVar(&o.removeSubjects, "remove-extra-subjects", false, "Remove subjects that the file does not have.")
	flags.AddDryRun(cmd)
	return cmd
}

func (o *reconcile) run(cmd *cobra.Command, args []string) error {
	if err := o.files.RequireFilenameOrKustomize(); err != nil {
		return err
	}
	if len(args) > 0 {
		return errors.New("no arguments are allowed")
	}
	dryRun, err := flags.GetDryRun(cmd, o.f.ErrOut)
	switch {
	case err != nil:
		return fmt.Errorf("error accessing --dry-run flag for command %s: %v", cmd.Name(), err)
	case dryRun == flags.DryRunServer:
		return fmt.Errorf("--dry-run=server for command %s is not supported yet", cmd.Name())
	}
	o.dryRun = dryRun == flags.DryRunClient
	flags.PrintDryRun(o.print, dryRun)
	namespace, enforce, err := o.f.Namespace()
	if err != nil {
		return err
	}
	builder := o.f.NewTypedBuilder().
		ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(enforce, &o.files).Flatten().LocalParam(true).Do()
	if err := result.Err(); err != nil {
		return err
	}
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		done, err := o.reconcile(cmd.Context(), info)
		if err != nil || done == nil {
			return err
		}
		if err := printer.PrintObj(done.object, o.f.Out); err != nil {
			return err
		}
		o.report(done)
		return nil
	})
}

// reconcile brings one object into line; objects of other kinds are passed by.
func (o *reconcile) reconcile(ctx context.Context, info *resource.Info) (*outcome, error) {
	switch info.Object.(type) {
	case *rbacv1beta1.Role, *rbacv1beta1.RoleBinding, *rbacv1beta1.ClusterRole, *rbacv1beta1.ClusterRoleBinding,
		*rbacv1alpha1.Role, *rbacv1alpha1.RoleBinding, *rbacv1alpha1.ClusterRole, *rbacv1alpha1.ClusterRoleBinding:
		return nil, fmt.Errorf("only rbac.authorization.k8s.io/v1 is supported: not %T", info.Object)
	}
	wanted := documentOf(info.Object)
	if wanted == nil {
		return nil, nil
	}
	client, err := o.f.TypedClient(rbacv1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	r := &reconciler{client: client, f: o.f, wanted: wanted, dryRun: o.dryRun, removeExtra: o.removeRules}
	if wanted.roleRef != nil {
		r.removeExtra = o.removeSubjects
	}
	return r.run(ctx)
}

func (o *reconcile) report(done *outcome) {
	if done.operation == nothing {
		return
	}
	caveat := ""
	if done.protected {
		caveat = ", but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)"
	}
	fmt.Fprintf(o.f.ErrOut, "\treconciliation required %s%s\n", done.operation, caveat)
	reportList(o.f, "missing subjects added", done.missingSubjects)
	if o.removeSubjects {
		reportList(o.f, "extra subjects removed", done.extraSubjects)
	}
	reportList(o.f, "missing rules added", done.missingRules)
	if o.removeRules {
		reportList(o.f, "extra rules removed", done.extraRules)
	}
}

func reportList[T any](f *factory.Factory, title string, items []T) {
	if len(items) > 0 {
		fmt.Fprintf(f.ErrOut, "\t%s:\n", title)
	}
	for _, item := range items {
		fmt.Fprintf(f.ErrOut, "\t\t%+v\n", item)
	}
}
