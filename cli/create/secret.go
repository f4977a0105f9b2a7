package create

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
)

func newSecret(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "secret (docker-registry | generic | tls)",
		DisableFlagsInUseLine: true,
		Short:                 "Create a secret using a specified subcommand",
		RunE:                  help.Group(f.ErrOut),
	}
	cmd.AddCommand(newDockerSecret(f), newTLSSecret(f), newGenericSecret(f))
	return cmd
}

func secretGenerator(make func(in input) (runtime.Object, error)) *generator {
	return &generator{
		resource: corev1.SchemeGroupVersion.WithResource("secrets"),
		failed:   "failed to create secret %v",
		make:     make,
	}
}

func emptySecret(in input, kind corev1.SecretType) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Type:       kind,
		Data:       map[string][]byte{},
	}
}

// addTo adds entries to a secret.
func addTo(made *corev1.Secret) addEntry {
	return func(key string, data []byte) error {
		if problems := validation.IsConfigMapKey(key); len(problems) != 0 {
			return fmt.Errorf("%q is not valid key name for a Secret %s", key, strings.Join(problems, ";"))
		}
		if _, exists := made.Data[key]; exists {
			return fmt.Errorf("cannot add key %s, another key by that name already exists", key)
		}
		made.Data[key] = data
		return nil
	}
}

// finish appends the hash to the name if that was asked for.
func finish(made *corev1.Secret, appendHash bool) (runtime.Object, error) {
	if !appendHash {
		return made, nil
	}
	hash, err := nameHash(map[string]any{"kind": "Secret", "type": made.Type, "name": made.Name, "data": made.Data})
	made.Name += "-" + hash
	return made, err
}

type genericSecret struct {
	sources
	kind string
}

func newGenericSecret(f *factory.Factory) *cobra.Command {
	o := &genericSecret{}
	cmd := secretGenerator(o.make).command(f, &cobra.Command{
		Use:   "generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]",
		Short: "Create a secret from a local file, directory, or literal value",
	})
	o.addFlags(cmd, "secret")
	cmd.Flags().StringVar(&o.kind, "type", "", "Type of the secret.")
	return cmd
}

func (o *genericSecret) make(in input) (runtime.Object, error) {
	if err := o.validate(in.name); err != nil {
		return nil, err
	}
	made := emptySecret(in, corev1.SecretType(o.kind))
	if err := o.addLiterals(addTo(made)); err != nil {
		return nil, err
	}
	if err := o.addFiles(addTo(made)); err != nil {
		return nil, err
	}
	if err := o.addEnvFiles(addTo(made), "secret", in.f.Getenv); err != nil {
		return nil, err
	}
	return finish(made, o.appendHash)
}

type dockerSecret struct {
	sources
	username, password, email, server string
}

func newDockerSecret(f *factory.Factory) *cobra.Command {
	o := &dockerSecret{}
	cmd := secretGenerator(o.make).command(f, &cobra.Command{
		Use:   "docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]",
		Short: "Create a secret for use with a Docker registry",
	})
	cmd.Flags().StringVar(&o.username, "docker-username", "", "User name at the registry.")
	cmd.Flags().StringVar(&o.password, "docker-password", "", "Password at the registry.")
	cmd.Flags().StringVar(&o.email, "docker-email", "", "Mail address at the registry.")
	cmd.Flags().StringVar(&o.server, "docker-server", "https://index.docker.io/v1/", "Address of the registry.")
	cmd.Flags().StringSliceVar(&o.files, "from-file", nil, "File with the configuration, put in under "+corev1.DockerConfigJsonKey+" unless a KEY= stands in front.")
	o.addHashFlag(cmd, "secret")
	return cmd
}

// dockerLogin is an entry of docker's configuration file.
type dockerLogin struct {
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	Email    string `json:"email,omitempty"`
	Auth     string `json:"auth,omitempty"`
}

func (o *dockerSecret) make(in input) (runtime.Object, error) {
	if err := requireName(in.name); err != nil {
		return nil, err
	}
	if len(o.files) == 0 && (o.username == "" || o.password == "" || o.server == "") {
		return nil, fmt.Errorf("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required")
	}
	made := emptySecret(in, corev1.SecretTypeDockerConfigJson)
	if len(o.files) > 0 {
		for i, source := range o.files {
			if !strings.Contains(source, "=") {
				o.files[i] = corev1.DockerConfigJsonKey + "=" + source
			}
		}
		if err := o.addFiles(addTo(made)); err != nil {
			return nil, err
		}
		return finish(made, o.appendHash)
	}
	content, err := json.Marshal(map[string]map[string]dockerLogin{"auths": {o.server: {
		Username: o.username,
		Password: o.password,
		Email:    o.email,
		Auth:     base64.StdEncoding.EncodeToString([]byte(o.username + ":" + o.password)),
	}}})
	if err != nil {
		return nil, err
	}
	made.Data[corev1.DockerConfigJsonKey] = content
	return finish(made, o.appendHash)
}

type tlsSecret struct {
	sources
	cert, key string
}

func newTLSSecret(f *factory.Factory) *cobra.Command {
	o := &tlsSecret{}
	cmd := secretGenerator(o.make).command(f, &cobra.Command{
		Use:   "tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]",
		Short: "Create a TLS secret",
	})
	cmd.Flags().StringVar(&o.cert, "cert", "", "File of the certificate, in PEM.")
	cmd.Flags().StringVar(&o.key, "key", "", "File of its private key.")
	o.addHashFlag(cmd, "secret")
	return cmd
}

func (o *tlsSecret) make(in input) (runtime.Object, error) {
	if o.key == "" || o.cert == "" {
		return nil, fmt.Errorf("key and cert must be specified")
	}
	cert, err := readPEM(o.cert)
	if err != nil {
		return nil, err
	}
	key, err := readPEM(o.key)
	if err != nil {
		return nil, err
	}
	if _, err := tls.X509KeyPair(cert, key); err != nil {
		return nil, err
	}
	made := emptySecret(in, corev1.SecretTypeTLS)
	made.Data[corev1.TLSCertKey], made.Data[corev1.TLSPrivateKeyKey] = cert, key
	return finish(made, o.appendHash)
}

func readPEM(file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("Cannot read file %v, %v", file, err)
	}
	return content, nil
}
