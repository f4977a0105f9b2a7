// Command manual writes what is generated from the commands themselves: the
// reference in docs/reference, and the man pages and completion scripts that
// releases have.
//
// It is run by `make docs` and by the release; a test holds that the reference
// is up to date. The program itself does not link it.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/internal/version"
)

func main() {
	markdown := flag.String("markdown", "", "write the reference into this folder")
	man := flag.String("man", "", "write the man pages into this folder")
	completions := flag.String("completions", "", "write the completion scripts into this folder")
	flag.Parse()
	if err := run(*markdown, *man, *completions); err != nil {
		panic(err) // nobody but the build sees it
	}
}

func run(markdown, man, completions string) error {
	for _, part := range []struct {
		folder string
		write  func(folder string) error
	}{{markdown, writeMarkdown}, {man, writeMan}, {completions, writeCompletions}} {
		if part.folder == "" {
			continue
		}
		if err := os.RemoveAll(part.folder); err != nil {
			return err
		}
		if err := os.MkdirAll(part.folder, 0o755); err != nil {
			return err
		}
		if err := part.write(part.folder); err != nil {
			return err
		}
	}
	return nil
}

// environment is one whose folders are named as anybody's.
func environment() cli.Environment {
	return cli.Environment{
		Program: "kubejig", Home: "$HOME",
		Getenv: func(string) string { return "" },
		Now:    func() time.Time { return time.Time{} },
	}
}

func commands() *cobra.Command {
	root := cli.Commands(environment())
	root.DisableAutoGenTag = true // the date would change with every run
	return root
}

func writeMarkdown(folder string) error { return doc.GenMarkdownTree(commands(), folder) }

func writeMan(folder string) error {
	return doc.GenManTree(commands(), &doc.GenManHeader{
		Title: "KUBEJIG", Section: "1", Manual: "kubejig Manual", Source: "kubejig " + version.Git,
	}, folder)
}

// writeCompletions writes a script for each shell, for the program under its
// own name.
func writeCompletions(folder string) error {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var script, complaints bytes.Buffer
		streams := cli.IOStreams{In: strings.NewReader(""), Out: &script, ErrOut: &complaints}
		if err := cli.RunIn(context.Background(), environment(), streams, []string{"kubejig", "completion", shell}); err != nil {
			return fmt.Errorf("completion script of %s: %w: %s", shell, err, &complaints)
		}
		if err := os.WriteFile(filepath.Join(folder, "kubejig."+shell), script.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
