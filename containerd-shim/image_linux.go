package containerdshim

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// fullName is the name under which containerd knows an image.
func fullName(image string) (string, error) {
	ref, err := reference.ParseDockerRef(image)
	if err != nil {
		return "", fmt.Errorf("couldn't parse image name %q: %w", image, err)
	}
	return ref.String(), nil
}

// image is an image that is there.
func (r *Runtime) image(ctx context.Context, name string) (containerd.Image, error) {
	full, err := fullName(name)
	if err != nil {
		return nil, err
	}
	image, err := r.client.GetImage(ctx, full)
	if err != nil {
		return nil, fmt.Errorf("failed to get image %q: %w", name, err)
	}
	return image, nil
}

// pull gets an image from its registry, or finds it, and reports it.
func (r *Runtime) pull(command kubelet.PullImage) {
	image, err := r.fetch(r.ctx, command)
	if err != nil {
		r.report(kubelet.ImagePullFailed{Pod: command.Pod, Name: command.Image, Error: err.Error()})
		return
	}
	r.report(kubelet.ImagePulled{Pod: command.Pod, Name: command.Image, Image: image})
}

func (r *Runtime) fetch(ctx context.Context, command kubelet.PullImage) (kubelet.Image, error) {
	full, err := fullName(command.Image)
	if err != nil {
		return kubelet.Image{}, err
	}
	image, err := r.client.Pull(ctx, full,
		containerd.WithPullUnpack,
		containerd.WithPullSnapshotter(r.snapshotter),
		containerd.WithResolver(resolver(command.Secrets)),
	)
	if err != nil {
		return kubelet.Image{}, pullError(full, err)
	}
	return r.describe(ctx, image)
}

// pullError says why an image could not be pulled, as runtimes do.
func pullError(name string, err error) error {
	code := "Unknown"
	if errdefs.IsNotFound(err) {
		code = "NotFound"
	}
	return fmt.Errorf("rpc error: code = %s desc = failed to pull and unpack image %q: %w", code, name, err)
}

// resolver finds registries, with the credentials of pull secrets.
func resolver(secrets []*corev1.Secret) remotes.Resolver {
	credentials := func(host string) (string, string, error) {
		for _, s := range secrets {
			if user, password, ok := credentialsFor(host, s); ok {
				return user, password, nil
			}
		}
		return "", "", nil
	}
	return docker.NewResolver(docker.ResolverOptions{Hosts: docker.ConfigureDefaultRegistries(
		docker.WithAuthorizer(docker.NewDockerAuthorizer(docker.WithAuthCreds(credentials))),
		docker.WithPlainHTTP(docker.MatchLocalhost),
	)})
}

// credential is what a pull secret says of one registry.
type credential struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Auth     []byte `json:"auth"` // user:password
}

// credentialsFor looks a registry up in a pull secret of either type.
func credentialsFor(host string, s *corev1.Secret) (user, password string, ok bool) {
	var config struct {
		Auths map[string]credential `json:"auths"`
	}
	if data, found := s.Data[corev1.DockerConfigJsonKey]; found {
		_ = json.Unmarshal(data, &config) // the API has validated it
	} else {
		_ = json.Unmarshal(s.Data[corev1.DockerConfigKey], &config.Auths)
	}
	for server, c := range config.Auths {
		if registryHost(server) != host {
			continue
		}
		if c.Username == "" {
			c.Username, c.Password, _ = strings.Cut(string(c.Auth), ":")
		}
		return c.Username, c.Password, true
	}
	return "", "", false
}

// registryHost is the host of a server as pull secrets name it. Docker's own
// registry has another name than where it is.
func registryHost(server string) string {
	server = strings.TrimPrefix(strings.TrimPrefix(server, "https://"), "http://")
	host, _, _ := strings.Cut(server, "/")
	if host == "docker.io" || host == "index.docker.io" {
		return "registry-1.docker.io"
	}
	return host
}

// Import adds the images of an archive, in OCI's or Docker's format, to the
// node, and tells its kubelet. It returns their names.
func (r *Runtime) Import(ctx context.Context, archive io.Reader) ([]string, error) {
	imported, err := r.client.Import(ctx, archive)
	if err != nil {
		return nil, fmt.Errorf("import images: %w", err)
	}
	var names []string
	for _, i := range imported {
		if err := containerd.NewImage(r.client, i).Unpack(ctx, r.snapshotter); err != nil {
			return nil, fmt.Errorf("unpack image %s: %w", i.Name, err)
		}
		names = append(names, i.Name)
	}
	return names, r.reportImages(ctx)
}

// reportImages tells the kubelet which images are there.
func (r *Runtime) reportImages(ctx context.Context) error {
	images, err := r.client.ListImages(ctx)
	if err != nil {
		return fmt.Errorf("list images: %w", err)
	}
	var found []kubelet.Image
	for _, image := range images {
		described, err := r.describe(ctx, image)
		if err != nil {
			return err
		}
		found = append(found, described)
	}
	r.report(kubelet.ImagesFound{Images: found})
	return nil
}

// describe is an image as the kubelet knows it.
func (r *Runtime) describe(ctx context.Context, image containerd.Image) (kubelet.Image, error) {
	config, err := image.Config(ctx)
	if err != nil {
		return kubelet.Image{}, fmt.Errorf("image %s: %w", image.Name(), err)
	}
	spec, err := image.Spec(ctx)
	if err != nil {
		return kubelet.Image{}, fmt.Errorf("image %s: %w", image.Name(), err)
	}
	size, err := image.Size(ctx)
	if err != nil {
		return kubelet.Image{}, fmt.Errorf("image %s: %w", image.Name(), err)
	}
	repository, _, _ := strings.Cut(image.Name(), "@")
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository = repository[:i]
	}
	return kubelet.Image{
		ID:    config.Digest.String(),
		Ref:   repository + "@" + image.Target().Digest.String(),
		Names: []string{image.Name()},
		Size:  size,
		User:  spec.Config.User,
	}, nil
}
