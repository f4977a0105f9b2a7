package apiserver

import (
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Metrics is what nodes and pods use now: the API of metrics.k8s.io. It is
// asked within Config.Do.
type Metrics interface {
	// Nodes and Pods are in order of namespace and name, each with the labels
	// of what it is about. An empty namespace means all.
	Nodes() []metricsv1beta1.NodeMetrics
	Pods(namespace string) []metricsv1beta1.PodMetrics
}

// selector is the label selector of a list.
func (c *call) selector() (labels.Selector, error) {
	options, err := c.listOptions()
	if err != nil {
		return nil, err
	}
	if options.LabelSelector == nil {
		return labels.Everything(), nil
	}
	return options.LabelSelector, nil
}

func (c *call) listNodeMetrics() error {
	selector, err := c.selector()
	if err != nil {
		return err
	}
	list := &metricsv1beta1.NodeMetricsList{Items: []metricsv1beta1.NodeMetrics{}}
	c.Do(func() {
		for _, m := range c.Metrics.Nodes() {
			if selector.Matches(labels.Set(m.Labels)) {
				list.Items = append(list.Items, m)
			}
		}
	})
	return c.show(http.StatusOK, list, "NodeMetricsList")
}

func (c *call) getNodeMetrics() error {
	var found *metricsv1beta1.NodeMetrics
	c.Do(func() {
		for _, m := range c.Metrics.Nodes() {
			if m.Name == c.name {
				found = &m
			}
		}
	})
	if found == nil {
		return apierrors.NewNotFound(c.groupResource(), c.name)
	}
	return c.show(http.StatusOK, found, "NodeMetrics")
}

func (c *call) listPodMetrics() error {
	selector, err := c.selector()
	if err != nil {
		return err
	}
	list := &metricsv1beta1.PodMetricsList{Items: []metricsv1beta1.PodMetrics{}}
	c.Do(func() {
		for _, m := range c.Metrics.Pods(c.namespace) {
			if selector.Matches(labels.Set(m.Labels)) {
				list.Items = append(list.Items, m)
			}
		}
	})
	return c.show(http.StatusOK, list, "PodMetricsList")
}

func (c *call) getPodMetrics() error {
	var found *metricsv1beta1.PodMetrics
	c.Do(func() {
		for _, m := range c.Metrics.Pods(c.namespace) {
			if m.Name == c.name {
				found = &m
			}
		}
	})
	if found == nil {
		return apierrors.NewNotFound(c.groupResource(), c.namespace+"/"+c.name)
	}
	return c.show(http.StatusOK, found, "PodMetrics")
}

// metricsTable is a table of what metrics-server shows of anything.
func metricsTable(row func(o store.Object) []any) *resources.Table {
	column := func(name, format string) metav1.TableColumnDefinition {
		return metav1.TableColumnDefinition{Name: name, Type: "string", Format: format}
	}
	return &resources.Table{
		Columns: []metav1.TableColumnDefinition{
			column("Name", "name"), column("cpu", "quantity"), column("memory", "quantity"), column("Window", "duration"),
		},
		Row: func(o store.Object, _ time.Time) []any { return row(o) },
	}
}

func metricsRow(name string, cpu, memory *resource.Quantity, window time.Duration) []any {
	return []any{name, cpu.String(), memory.String(), fmt.Sprint(window)}
}

func nodeMetricsTable() *resources.Table {
	return metricsTable(func(o store.Object) []any {
		m := o.(*metricsv1beta1.NodeMetrics)
		return metricsRow(m.Name, m.Usage.Cpu(), m.Usage.Memory(), m.Window.Duration)
	})
}

func podMetricsTable() *resources.Table {
	return metricsTable(func(o store.Object) []any {
		m := o.(*metricsv1beta1.PodMetrics)
		var cpu, memory resource.Quantity
		for _, c := range m.Containers {
			cpu.Add(*c.Usage.Cpu())
			memory.Add(*c.Usage.Memory())
		}
		return metricsRow(m.Name, &cpu, &memory, m.Window.Duration)
	})
}
