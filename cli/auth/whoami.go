package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	authenticationv1alpha1 "k8s.io/api/authentication/v1alpha1"
	authenticationv1beta1 "k8s.io/api/authentication/v1beta1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
)

func newWhoAmI(f *factory.Factory) *cobra.Command {
	print := flags.Print("")
	cmd := &cobra.Command{
		Use:                   "whoami",
		DisableFlagsInUseLine: true,
		Short:                 "Experimental: Check self subject attributes",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return whoAmI(cmd.Context(), f, print) },
	}
	print.AddFlags(cmd)
	return cmd
}

func whoAmI(ctx context.Context, f *factory.Factory, print *output.Flags) error {
	printer := printers.ResourcePrinter(printers.ResourcePrinterFunc(printUser))
	if print.Chosen() {
		var err error
		if printer, err = print.Printer(); err != nil {
			return err
		}
	}
	review, err := review(ctx, f)
	switch {
	case apierrors.IsForbidden(err):
		return errors.New("the selfsubjectreviews API is not enabled in the cluster or you do not have permission to call it")
	case apierrors.IsNotFound(err):
		return errors.New("the selfsubjectreviews API is not enabled in the cluster")
	case err != nil:
		return err
	}
	return printer.PrintObj(review, f.Out)
}

// review asks the newest version of the API that the server has.
func review(ctx context.Context, f *factory.Factory) (runtime.Object, error) {
	var err error
	for _, try := range []struct {
		version schema.GroupVersion
		review  runtime.Object
	}{
		{authenticationv1.SchemeGroupVersion, &authenticationv1.SelfSubjectReview{}},
		{authenticationv1beta1.SchemeGroupVersion, &authenticationv1beta1.SelfSubjectReview{}},
		{authenticationv1alpha1.SchemeGroupVersion, &authenticationv1alpha1.SelfSubjectReview{}},
	} {
		client, clientErr := f.TypedClient(try.version)
		if clientErr != nil {
			return nil, clientErr
		}
		err = client.Post().Resource("selfsubjectreviews").Body(try.review).Do(ctx).Into(try.review)
		if err == nil {
			return try.review, nil
		}
		if !apierrors.IsNotFound(err) {
			break
		}
	}
	return nil, err
}

func printUser(object runtime.Object, out io.Writer) error {
	var user authenticationv1.UserInfo
	switch review := object.(type) {
	case *authenticationv1.SelfSubjectReview:
		user = review.Status.UserInfo
	case *authenticationv1beta1.SelfSubjectReview:
		user = review.Status.UserInfo
	case *authenticationv1alpha1.SelfSubjectReview:
		user = review.Status.UserInfo
	}
	w := printers.GetNewTabWriter(out)
	fmt.Fprintln(w, "ATTRIBUTE\tVALUE")
	if user.Username != "" {
		fmt.Fprintf(w, "Username\t%s\n", user.Username)
	}
	if user.UID != "" {
		fmt.Fprintf(w, "UID\t%s\n", user.UID)
	}
	if len(user.Groups) > 0 {
		fmt.Fprintf(w, "Groups\t%v\n", user.Groups)
	}
	for _, key := range slices.Sorted(maps.Keys(user.Extra)) {
		fmt.Fprintf(w, "Extra: %s\t%v\n", key, user.Extra[key])
	}
	w.Flush()
	return nil
}
