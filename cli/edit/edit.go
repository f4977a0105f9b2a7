// Package edit is "kubectl edit".
package edit

import (
	"errors"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/editor"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

type options struct {
	session   editor.Session
	files     resource.FilenameOptions
	record    *changecause.Recorder
	showPatch bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{record: &changecause.Recorder{}}
	o.session = editor.Session{Factory: f, Print: flags.Print("edited")}
	cmd := &cobra.Command{
		Use:                   "edit (RESOURCE/NAME | -f FILENAME)",
		DisableFlagsInUseLine: true,
		Short:                 "Edit a resource on the server",
		Long:                  "Open objects of the server in the editor that KUBE_EDITOR or EDITOR names, else vi or notepad, and change them as they are changed there.",
		Example: `  # A service, with another editor
  KUBE_EDITOR=nano kubectl edit svc/web

  # A subresource
  kubectl edit deployment web --subresource=status`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.record.AddFlags(cmd)
	o.session.Print.AddFlags(cmd)
	flags.AddFilenames(cmd, &o.files, "to use to edit the resource")
	flags.AddValidate(cmd)
	set := cmd.Flags()
	set.BoolVar(&o.showPatch, "output-patch", false, "Print the patch too.")
	set.BoolVar(&o.session.CRLF, "windows-line-endings", runtime.GOOS == "windows", "End lines as Windows does.")
	flags.AddFieldManager(cmd, &o.session.Manager, "kubectl-edit")
	flags.AddSaveConfig(cmd, &o.session.SaveConfig)
	flags.AddSubresource(cmd, &o.session.Subresource, "Edit this subresource: status, scale or resize.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	objects, err := Find(cmd, &o.session, o.record, &o.files, args)
	if err != nil {
		return err
	}
	if len(objects) == 0 {
		return errors.New("edit cancelled, no objects found")
	}
	o.session.Submit = editor.Patch(o.showPatch)
	return o.session.Run(cmd.Context(), objects)
}

// Find completes the session and finds the objects that the arguments and
// files of the command mean.
func Find(cmd *cobra.Command, session *editor.Session, record *changecause.Recorder, files *resource.FilenameOptions, args []string) ([]*resource.Info, error) {
	var err error
	record.Complete(cmd, session.Factory.Args)
	session.Record = record
	f := session.Factory
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	builder := f.NewBuilder().Unstructured().ResourceTypeOrNameArgs(true, args...).Latest().
		NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, files).
		Subresource(session.Subresource).ContinueOnError().Flatten().Do()
	if err := result.Err(); err != nil {
		return nil, err
	}
	if session.Validation, err = flags.GetValidate(cmd); err != nil {
		return nil, err
	}
	session.Namespace = namespace
	return result.Infos()
}
