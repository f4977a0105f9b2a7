package apply

import (
	"context"
	"errors"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/edit"
	"github.com/kubejig/kubejig/cli/editor"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
)

// newEditLastApplied edits the configurations that objects were last given;
// the objects stay as they are.
func newEditLastApplied(f *factory.Factory) *cobra.Command {
	record := &changecause.Recorder{}
	session := &editor.Session{
		Factory: f, Print: flags.Print("edited"), LastApplied: true, Submit: editor.KeepLastApplied,
	}
	var files resource.FilenameOptions
	cmd := &cobra.Command{
		Use:                   "edit-last-applied (RESOURCE/NAME | -f FILENAME)",
		DisableFlagsInUseLine: true,
		Short:                 "Edit latest last-applied-configuration annotations of a resource/object",
		RunE: func(cmd *cobra.Command, args []string) error {
			objects, err := edit.Find(cmd, session, record, &files, args)
			if err != nil {
				return err
			}
			return editLastApplied(cmd.Context(), session, objects)
		},
	}
	record.AddFlags(cmd)
	session.Print.AddFlags(cmd)
	flags.AddFilenames(cmd, &files, "to use to edit the resource")
	cmd.Flags().BoolVar(&session.CRLF, "windows-line-endings", runtime.GOOS == "windows", "End lines as Windows does.")
	flags.AddFieldManager(cmd, &session.Manager, ClientSideManager)
	flags.AddValidate(cmd)
	return cmd
}

func editLastApplied(ctx context.Context, session *editor.Session, objects []*resource.Info) error {
	var configurations []*resource.Info
	for _, object := range objects {
		data, err := lastapplied.Get(object.Object)
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		parsed, err := session.Parse(data).Infos()
		if err != nil {
			return err
		}
		configurations = append(configurations, parsed[0])
	}
	if len(configurations) == 0 {
		return errors.New("no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`")
	}
	return session.Run(ctx, configurations)
}
