// Package flags has the flags that several commands share, so that each has
// one name, one default and one meaning.
//
// It must not import commands.
package flags

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/runlog"
	"github.com/kubejig/kubejig/cli/scheme"
)

// ChunkSize is how many objects of a list are asked for at once by default.
const ChunkSize = 500

// DryRun is how far a change goes.
type DryRun int

// The strategies of --dry-run.
const (
	DryRunNone   DryRun = iota // Change the cluster.
	DryRunClient               // Print what would be sent.
	DryRunServer               // Let the server do all but store it.
)

// Options are the dryRun values of a request.
func (d DryRun) Options() []string {
	if d == DryRunServer {
		return []string{metav1.DryRunAll}
	}
	return nil
}

// AddDryRun registers --dry-run.
func AddDryRun(cmd *cobra.Command) {
	cmd.Flags().String("dry-run", "none", `How far to go: "none" changes the cluster, "client" only prints what would be sent, "server" has the server check it without keeping it.`)
	cmd.Flags().Lookup("dry-run").NoOptDefVal = "unchanged"
}

// GetDryRun reads --dry-run. Its old boolean forms are warned of on errOut.
func GetDryRun(cmd *cobra.Command, errOut io.Writer) (DryRun, error) {
	value := cmd.Flag("dry-run").Value.String()
	switch value {
	case "none":
		return DryRunNone, nil
	case "client":
		return DryRunClient, nil
	case "server":
		return DryRunServer, nil
	case "unchanged":
		runlog.Warning(errOut, "--dry-run is deprecated and can be replaced with --dry-run=client.")
		return DryRunClient, nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return DryRunNone, fmt.Errorf(`Invalid dry-run value (%v). Must be "none", "server", or "client".`, value)
	}
	strategy, name := DryRunNone, "none"
	if on {
		strategy, name = DryRunClient, "client"
	}
	runlog.Warning(errOut, "--dry-run=%v is deprecated (boolean value) and can be replaced with --dry-run=%s.", value, name)
	return strategy, nil
}

// Print makes the -o flags of a command that prints what it changed, such as
// "pod/x created".
func Print(operation string) *output.Flags {
	return output.New(operation).WithTypes(scheme.Scheme)
}

// PrintDryRun makes the success message say that nothing was changed.
func PrintDryRun(print *output.Flags, strategy DryRun) {
	switch strategy {
	case DryRunClient:
		print.Names.Complete("%s (dry run)")
	case DryRunServer:
		print.Names.Complete("%s (server dry run)")
	}
}

// AddValidate registers --validate.
func AddValidate(cmd *cobra.Command) {
	cmd.Flags().String("validate", "strict", `What to do about unknown or repeated fields: "strict" (or true) refuses the request, "warn" warns, "ignore" (or false) drops them silently.`)
	cmd.Flags().Lookup("validate").NoOptDefVal = "strict"
}

// GetValidate reads --validate as the fieldValidation of requests.
func GetValidate(cmd *cobra.Command) (string, error) {
	value := cmd.Flag("validate").Value.String()
	switch value {
	case "strict":
		return metav1.FieldValidationStrict, nil
	case "warn":
		return metav1.FieldValidationWarn, nil
	case "ignore":
		return metav1.FieldValidationIgnore, nil
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return "", fmt.Errorf(`invalid - validate option %q; must be one of: strict (or true), warn, ignore (or false)`, value)
	}
	if on {
		return metav1.FieldValidationStrict, nil
	}
	return metav1.FieldValidationIgnore, nil
}

// AddFilenames registers -f, -k and -R; usage says what the files are for.
func AddFilenames(cmd *cobra.Command, files *resource.FilenameOptions, usage string) {
	AddFilename(cmd.Flags(), &files.Filenames, usage)
	AddKustomize(cmd.Flags(), &files.Kustomize)
	AddRecursive(cmd.Flags(), &files.Recursive)
}

// AddRecursive registers -R.
func AddRecursive(set *pflag.FlagSet, recursive *bool) {
	set.BoolVarP(recursive, "recursive", "R", *recursive, "Read the folders given with -f with all that is below them.")
}

// AddFilename registers -f alone.
func AddFilename(set *pflag.FlagSet, names *[]string, usage string) {
	set.StringSliceVarP(names, "filename", "f", *names, "File, folder or URL "+usage)
	var extensions []string
	for _, extension := range resource.FileExtensions() {
		extensions = append(extensions, strings.TrimLeft(extension, "."))
	}
	_ = set.SetAnnotation("filename", cobra.BashCompFilenameExt, extensions)
}

// AddKustomize registers -k.
func AddKustomize(set *pflag.FlagSet, folder *string) {
	set.StringVarP(folder, "kustomize", "k", *folder, "Folder of a kustomization to build and use; not together with -f or -R.")
}

// NoFiles says whether neither -f nor -k was given.
func NoFiles(files *resource.FilenameOptions) bool {
	return len(files.Filenames) == 0 && files.Kustomize == ""
}

// AddFieldManager registers --field-manager.
func AddFieldManager(cmd *cobra.Command, name *string, value string) {
	cmd.Flags().StringVar(name, "field-manager", value, "Name under which the server notes who set which field.")
}

// AddSelector registers -l.
func AddSelector(cmd *cobra.Command, selector *string) {
	cmd.Flags().StringVarP(selector, "selector", "l", *selector, "Only objects whose labels fit: '=', '==', '!=', 'in', 'notin', such as -l app=web,tier in (front,back).")
}

// AddFieldSelector registers --field-selector.
func AddFieldSelector(cmd *cobra.Command, selector *string) {
	cmd.Flags().StringVar(selector, "field-selector", *selector, "Only objects whose fields fit: '=', '==', '!=', such as metadata.name=web. Servers know few fields of each type.")
}

// AddAllNamespaces registers -A.
func AddAllNamespaces(cmd *cobra.Command, all *bool) {
	cmd.Flags().BoolVarP(all, "all-namespaces", "A", *all, "All namespaces instead of one; --namespace and the context's are ignored.")
}

// AddChunkSize registers --chunk-size.
func AddChunkSize(cmd *cobra.Command, size *int64) {
	cmd.Flags().Int64Var(size, "chunk-size", *size, "Ask for long lists in pieces of this many objects; 0 asks for all at once.")
}

// AddContainer registers -c.
func AddContainer(cmd *cobra.Command, name *string) {
	cmd.Flags().StringVarP(name, "container", "c", *name, "Container of the pod; by default the one its annotation kubectl.kubernetes.io/default-container names, else the first.")
}

// AddSaveConfig registers --save-config.
func AddSaveConfig(cmd *cobra.Command, save *bool) {
	cmd.Flags().BoolVar(save, "save-config", *save, "Keep the configuration in the object's annotation, for a later apply to compare with.")
}

// AddSubresource registers --subresource.
func AddSubresource(cmd *cobra.Command, subresource *string, usage string) {
	cmd.Flags().StringVar(subresource, "subresource", "", usage)
}

// AddPodRunningTimeout registers --pod-running-timeout.
func AddPodRunningTimeout(cmd *cobra.Command, timeout *time.Duration) {
	cmd.Flags().DurationVar(timeout, "pod-running-timeout", *timeout, "How long, more than zero, to wait until a pod runs, such as 5s, 2m or 3h.")
}

// CheckPodRunningTimeout refuses a --pod-running-timeout that can not be.
func CheckPodRunningTimeout(timeout time.Duration) error {
	if timeout <= 0 {
		return fmt.Errorf("--pod-running-timeout must be higher than zero")
	}
	return nil
}
