package editor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/terminal"
)

// editorPatience is how long the editor may take to end when we are told to.
const editorPatience = 2 * time.Second

// launch opens text in the user's editor, as a new file, and returns what it
// is when the editor ends.
func launch(ctx context.Context, f *factory.Factory, extension string, text []byte) (edited []byte, path string, err error) {
	file, err := os.CreateTemp("", filepath.Base(f.Program)+"-edit-*"+extension)
	if err != nil {
		return nil, "", err
	}
	path = file.Name()
	_, err = file.Write(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(path)
		return nil, path, err
	}
	if err := run(ctx, f, path); err != nil {
		return nil, path, err
	}
	edited, err = os.ReadFile(path)
	return edited, path, err
}

// run lends the terminal to the editor. A signal that would end us ends the
// editor first.
func run(ctx context.Context, f *factory.Factory, path string) error {
	words, throughShell := program(f)
	shown := strings.Join(words, " ")
	if throughShell {
		words[len(words)-1] += fmt.Sprintf(" %q", path)
	} else {
		words = append(words, path)
	}
	f.Log.Infof(5, "launcher_others.go:61", "Opening file with editor %v", words)
	edited, stop := f.Terminable(ctx)
	defer stop()
	command := exec.CommandContext(edited, words[0], words[1:]...)
	command.Cancel, command.WaitDelay = func() error { return command.Process.Signal(syscall.SIGTERM) }, editorPatience
	command.Stdin, command.Stdout, command.Stderr = f.In, f.Out, f.ErrOut
	command.Dir, command.Env = f.Dir, f.Variables()
	err := terminal.Terminal{In: f.In}.Lend(command.Run)
	switch {
	case (edited.Err() != nil || interrupted(err)) && ctx.Err() == nil:
		return failure.Silent
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("unable to launch the editor %q", shown)
	case err != nil:
		return fmt.Errorf("there was a problem with the editor %q", shown)
	}
	return nil
}

// interrupted says whether the editor ended because of a Ctrl-C. The terminal
// sends that to both of us, and its end may be seen first.
func interrupted(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGINT
}

// program is the user's editor. One with quoted words is run by a shell.
func program(f *factory.Factory) (words []string, throughShell bool) {
	editor, shell, flag := "vi", "/bin/bash", "-c"
	if runtime.GOOS == "windows" {
		editor, shell = "notepad", "cmd"
	}
	for _, name := range []string{"KUBE_EDITOR", "EDITOR"} {
		if value := f.Getenv(name); value != "" {
			editor = value
			break
		}
	}
	if !strings.ContainsAny(editor, `"'\`) || !strings.Contains(editor, " ") {
		return strings.Split(editor, " "), false
	}
	if value := f.Getenv("SHELL"); value != "" {
		shell = value
	}
	if shell == "cmd" {
		flag = "/C"
	}
	return []string{shell, flag, editor}, true
}
