package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubejig/kubejig/cli/factory"
)

// pathFlags are the flags whose values are paths, with or without KEY= in
// front. Commands know by themselves where -f and -k start.
func pathFlags() []string {
	return []string{
		"from-file", "from-env-file", "patch-file", "cert", "key", "custom",
		"kubeconfig", "certificate-authority", "client-certificate", "client-key", "cache-dir",
	}
}

// resolvePaths makes the paths among the flags relative to the run's own
// working directory, if it has one.
func resolvePaths(cmd *cobra.Command, f *factory.Factory) error {
	if f.Dir == "" {
		return nil
	}
	for _, name := range pathFlags() {
		if flag := cmd.Flag(name); flag != nil && flag.Changed {
			if err := replaceValues(flag, func(value string) string { return resolvePair(f, value) }); err != nil {
				return err
			}
		}
	}
	if flag := cmd.Flag("output"); flag != nil {
		format, path, ok := strings.Cut(flag.Value.String(), "-file=")
		if ok {
			return flag.Value.Set(format + "-file=" + f.Path(path))
		}
	}
	return nil
}

func replaceValues(flag *pflag.Flag, resolve func(string) string) error {
	slice, ok := flag.Value.(pflag.SliceValue)
	if !ok {
		return flag.Value.Set(resolve(flag.Value.String()))
	}
	values := slice.GetSlice()
	for i, value := range values {
		values[i] = resolve(value)
	}
	return slice.Replace(values)
}

// resolvePair resolves PATH or KEY=PATH.
func resolvePair(f *factory.Factory, value string) string {
	key, path, ok := strings.Cut(value, "=")
	if !ok || factory.IsURL(value) {
		return f.Path(value)
	}
	return key + "=" + f.Path(path)
}
