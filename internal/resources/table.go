package resources

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubejig/kubejig/internal/store"
)

// Column is a column of a table: its heading and description.
func Column(name, description string) metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: name, Type: "string", Description: description}
}

// NameColumn is the first column of every table.
func NameColumn() metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: "Name", Type: "string", Format: "name",
		Description: metav1.ObjectMeta{}.SwaggerDoc()["name"]}
}

// AgeColumn is the column of an object's age.
func AgeColumn() metav1.TableColumnDefinition {
	return Column("Age", metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"])
}

// CreatedColumn is the column of an object's creation.
func CreatedColumn() metav1.TableColumnDefinition {
	return metav1.TableColumnDefinition{Name: "Created At", Type: "date",
		Description: metav1.ObjectMeta{}.SwaggerDoc()["creationTimestamp"]}
}

// created is the cell of an object's creation.
func created(o store.Object) string {
	return o.GetCreationTimestamp().UTC().Format(time.RFC3339)
}

// Wide makes a column one that only -o wide shows.
func Wide(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Priority = 1
	return c
}

// Integer makes a column one of numbers.
func Integer(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Type = "integer"
	return c
}

// Boolean makes a column one of true and false.
func Boolean(c metav1.TableColumnDefinition) metav1.TableColumnDefinition {
	c.Type = "boolean"
	return c
}

// Age is the time since t as tables show it; "<unknown>" for no time.
func Age(t metav1.Time, now time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(t.Time))
}

func tableOf[T store.Object](d Definition[T]) Table {
	if d.Row == nil {
		return DefaultTable()
	}
	return Table{
		Columns: d.Columns,
		Row:     func(o store.Object, now time.Time) []any { return d.Row(o.(T), now) },
	}
}

// DefaultTable is the table of kinds that have none of their own.
func DefaultTable() Table {
	return Table{
		Columns: []metav1.TableColumnDefinition{NameColumn(), CreatedColumn()},
		Row:     func(o store.Object, _ time.Time) []any { return []any{o.GetName(), created(o)} },
	}
}
