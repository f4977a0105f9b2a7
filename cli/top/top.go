// Package top is "kubectl top": what nodes and pods use, from the metrics API.
package top

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
)

// metricsGroup is the API that a metrics server adds to a cluster.
const metricsGroup = "metrics.k8s.io"

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "top",
		Short:      "Display resource (CPU/memory) usage",
		SuggestFor: []string{"stats"},
		RunE:       help.Group(f.ErrOut),
	}
	cmd.AddCommand(newNode(f), newPod(f))
	return cmd
}

// The metrics API's objects; its versions are alike.
type (
	nodeMetrics struct {
		Metadata metav1.ObjectMeta   `json:"metadata"`
		Usage    corev1.ResourceList `json:"usage"`
	}
	podMetrics struct {
		Metadata   metav1.ObjectMeta  `json:"metadata"`
		Containers []containerMetrics `json:"containers"`
	}
	containerMetrics struct {
		Name  string              `json:"name"`
		Usage corev1.ResourceList `json:"usage"`
	}
)

// common are the flags that nodes and pods share.
type common struct {
	selector, sortBy    string
	noHeaders, showSwap bool
}

func (c *common) addFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&c.sortBy, "sort-by", "", "Sort by 'cpu' or 'memory' instead of by name.")
	set.BoolVar(&c.noHeaders, "no-headers", false, "Leave out the line of column names.")
	set.Bool("use-protocol-buffers", true, "Has no effect; the metrics API is always asked for JSON.")
	set.BoolVar(&c.showSwap, "show-swap", false, "Show the use of swap memory too.")
}

func (c *common) validateSort() error {
	if c.sortBy != "" && c.sortBy != "cpu" && c.sortBy != "memory" {
		return errors.New("--sort-by accepts only cpu or memory")
	}
	return nil
}

// read asks the metrics API for one object, or a list if name is empty.
func read[T any](ctx context.Context, f *factory.Factory, namespace, resource, name, selector string) ([]T, error) {
	version, err := metricsVersion(f)
	if err != nil {
		return nil, err
	}
	client, err := f.RESTClient()
	if err != nil {
		return nil, err
	}
	path := []string{"/apis", metricsGroup, version}
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	request := client.Get().AbsPath(append(path, resource)...)
	if name != "" {
		request.AbsPath(append(path, resource, name)...)
	} else if selector != "" {
		request.Param("labelSelector", selector)
	}
	result := request.SetHeader("Accept", "application/json").Do(ctx)
	if err := result.Error(); err != nil {
		return nil, err
	}
	data, err := result.Raw()
	if err != nil {
		return nil, err
	}
	if name != "" {
		one := make([]T, 1)
		return one, json.Unmarshal(data, &one[0])
	}
	var list struct{ Items []T }
	return list.Items, json.Unmarshal(data, &list)
}

// metricsVersion is the newest version of the API that the server has.
func metricsVersion(f *factory.Factory) (string, error) {
	client, err := f.UncachedDiscovery()
	if err != nil {
		return "", err
	}
	groups, err := client.Groups()
	if err != nil {
		return "", err
	}
	for _, group := range groups {
		if group.Name != metricsGroup {
			continue
		}
		for _, version := range group.Versions {
			if slices.Contains([]string{"v1", "v1beta1"}, version.Version) {
				return version.Version, nil
			}
		}
	}
	return "", errors.New("Metrics API not available")
}

// errNoMetrics is told where a metrics server runs but has measured nothing.
var errNoMetrics = fmt.Errorf("metrics not available yet")
