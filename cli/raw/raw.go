// Package raw sends requests to server paths as the user wrote them, for the
// commands' --raw.
package raw

import (
	"context"
	"io"
	"os"

	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
)

// Get prints what the server has at path.
func Get(ctx context.Context, f *factory.Factory, path string) error {
	return send(ctx, f, "GET", path, "")
}

// Post sends a file, "-" for standard input, to path and prints the answer.
func Post(ctx context.Context, f *factory.Factory, path, file string) error {
	return send(ctx, f, "POST", path, file)
}

// Put is Post with PUT.
func Put(ctx context.Context, f *factory.Factory, path, file string) error {
	return send(ctx, f, "PUT", path, file)
}

// Delete is Post with DELETE; the file may be "" for none.
func Delete(ctx context.Context, f *factory.Factory, path, file string) error {
	return send(ctx, f, "DELETE", path, file)
}

func send(ctx context.Context, f *factory.Factory, verb, path, file string) error {
	client, err := f.RESTClient()
	if err != nil {
		return err
	}
	request := client.Verb(verb).RequestURI(path)
	if verb != "GET" {
		body, err := open(f, file)
		if err != nil {
			return err
		}
		defer body.Close()
		request.Body(io.Reader(body))
	}
	return copyAnswer(ctx, request, f.Out)
}

// open is the file to send.
func open(f *factory.Factory, file string) (io.ReadCloser, error) {
	switch file {
	case "":
		return io.NopCloser(eof{}), nil
	case "-":
		return io.NopCloser(f.In), nil
	}
	return os.Open(f.Path(file))
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

func copyAnswer(ctx context.Context, request *rest.Request, out io.Writer) error {
	answer, err := request.Stream(ctx)
	if err != nil {
		return err
	}
	defer answer.Close()
	_, err = io.Copy(out, answer)
	return err
}
