// Package certificate is "kubectl certificate": it approves and denies
// requests for certificates.
package certificate

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// maxRetries is how often a request is decided anew that others have changed.
const maxRetries = 10

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "certificate SUBCOMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Modify certificate resources",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	approve := decision{
		condition: certificatesv1.CertificateApproved, opposite: certificatesv1.CertificateDenied,
		reason: "KubectlApprove", message: "This CSR was approved by kubectl certificate approve.",
	}
	deny := decision{
		condition: certificatesv1.CertificateDenied, opposite: certificatesv1.CertificateApproved,
		reason: "KubectlDeny", message: "This CSR was denied by kubectl certificate deny.",
	}
	cmd.AddCommand(
		approve.command(f, "approve (-f FILENAME | NAME)", "Approve a certificate signing request", "approved"),
		deny.command(f, "deny (-f FILENAME | NAME)", "Deny a certificate signing request", "denied"),
	)
	return cmd
}

// decision is one way to decide a request.
type decision struct {
	condition, opposite certificatesv1.RequestConditionType
	reason, message     string

	print *output.Flags
	files resource.FilenameOptions
	force bool
}

func (d *decision) command(f *factory.Factory, use, short, done string) *cobra.Command {
	d.print = flags.Print(done)
	cmd := &cobra.Command{
		Use:                   use,
		DisableFlagsInUseLine: true,
		Short:                 short,
		RunE:                  func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), f, args) },
	}
	d.print.AddFlags(cmd)
	cmd.Flags().BoolVar(&d.force, "force", false, "Update the request even if it has been decided so already.")
	flags.AddFilenames(cmd, &d.files, "identifying the resource to update")
	return cmd
}

func (d *decision) run(ctx context.Context, f *factory.Factory, names []string) error {
	printer, err := d.print.Printer()
	if err != nil {
		return err
	}
	if _, err := f.TypedClient(certificatesv1.SchemeGroupVersion); err != nil {
		return err
	}
	if len(names) < 1 && flags.NoFiles(&d.files) {
		return fmt.Errorf("one or more CSRs must be specified as <name> or -f <filename>")
	}
	found := 0
	builder := f.NewBuilder().Unstructured().ContinueOnError()
	err = builder.FilenameParam(false, &d.files).
		ResourceNames("certificatesigningrequests", names...).
		RequireObject(true).Flatten().Latest().Do().
		Visit(func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			if err := d.decide(ctx, f, info); err != nil {
				return err
			}
			found++
			return printer.PrintObj(info.Object, f.Out)
		})
	if found == 0 && err == nil {
		fmt.Fprintf(f.Out, "No resources found\n")
	}
	return err
}

func (d *decision) decide(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	wanted := certificatesv1.Kind("CertificateSigningRequest")
	if got := info.Object.GetObjectKind().GroupVersionKind().GroupKind(); got != wanted {
		return fmt.Errorf("can only handle %s objects, got %s", wanted, got)
	}
	client, err := f.TypedClient(certificatesv1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		request := &certificatesv1.CertificateSigningRequest{}
		err := client.Get().Resource("certificatesigningrequests").Name(info.Name).Do(ctx).Into(request)
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("could not find v1 version of %s: %v", info.Name, err)
		}
		if err != nil {
			return err
		}
		decided, err := d.apply(f, request)
		if err != nil || decided && !d.force {
			return err
		}
		err = client.Put().Resource("certificatesigningrequests").Name(info.Name).SubResource("approval").
			Body(request).Do(ctx).Error()
		if !apierrors.IsConflict(err) || i >= maxRetries {
			return err
		}
	}
}

// apply adds the condition; true if the request had it already.
func (d *decision) apply(f *factory.Factory, request *certificatesv1.CertificateSigningRequest) (decided bool, err error) {
	for _, condition := range request.Status.Conditions {
		switch condition.Type {
		case d.opposite:
			return false, fmt.Errorf("certificate signing request %q is already %s", request.Name, condition.Type)
		case d.condition:
			decided = true
		}
	}
	if decided {
		return true, nil
	}
	request.Status.Conditions = append(request.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type:           d.condition,
		Status:         corev1.ConditionTrue,
		Reason:         d.reason,
		Message:        d.message,
		LastUpdateTime: metav1.Time{Time: f.Now()},
	})
	return false, nil
}
