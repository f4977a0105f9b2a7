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
	return c.answerVirtual(http.StatusOK, list, "NodeMetricsList", func() *metav1.Table { return nodeMetricsTable(list.Items...) })
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
	return c.answerVirtual(http.StatusOK, found, "NodeMetrics", func() *metav1.Table { return nodeMetricsTable(*found) })
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
	return c.answerVirtual(http.StatusOK, list, "PodMetricsList", func() *metav1.Table { return podMetricsTable(list.Items...) })
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
	return c.answerVirtual(http.StatusOK, found, "PodMetrics", func() *metav1.Table { return podMetricsTable(*found) })
}

// metricsTable is a table of what metrics-server shows of anything.
func metricsTable() *metav1.Table {
	column := func(name, format string) metav1.TableColumnDefinition {
		return metav1.TableColumnDefinition{Name: name, Type: "string", Format: format}
	}
	return &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		column("Name", "name"), column("cpu", "quantity"), column("memory", "quantity"), column("Window", "duration"),
	}}
}

func metricsRow(name string, cpu, memory *resource.Quantity, window time.Duration) metav1.TableRow {
	return metav1.TableRow{Cells: []any{name, cpu.String(), memory.String(), fmt.Sprint(window)}}
}

func nodeMetricsTable(items ...metricsv1beta1.NodeMetrics) *metav1.Table {
	table := metricsTable()
	for _, m := range items {
		table.Rows = append(table.Rows, metricsRow(m.Name, m.Usage.Cpu(), m.Usage.Memory(), m.Window.Duration))
	}
	return table
}

func podMetricsTable(items ...metricsv1beta1.PodMetrics) *metav1.Table {
	table := metricsTable()
	for _, m := range items {
		var cpu, memory resource.Quantity
		for _, c := range m.Containers {
			cpu.Add(*c.Usage.Cpu())
			memory.Add(*c.Usage.Memory())
		}
		table.Rows = append(table.Rows, metricsRow(m.Name, &cpu, &memory, m.Window.Duration))
	}
	return table
}
