package apiserver

import (
	"encoding/binary"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kubejig/kubejig/internal/store"
)

// negotiateStream chooses the format of a watch: the one that a list would have.
func (c *call) negotiateStream() (format, error) {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return f, err
	}
	if f.name == yamlType {
		return f, errNotAcceptable(watchFormats)
	}
	f.pretty = false
	return f, nil
}

// frames writes the events of a watch.
type frames struct {
	*call
	format  format
	include metav1.IncludeObjectPolicy
	// headed is set once a table has had its columns.
	headed bool
}

// event sends an event about an object.
func (f *frames) event(kind store.EventType, item *store.Item) error {
	body, err := f.object(item)
	if err != nil {
		return err
	}
	return f.send(kind.String(), body)
}

// object is an object in the form that the client asked for, framed for being
// embedded in an event.
func (f *frames) object(item *store.Item) ([]byte, error) {
	switch f.format.as {
	case "Table":
		return f.table(item)
	case "PartialObjectMetadata":
		partial, err := f.partial(item, f.format)
		if err != nil {
			return nil, err
		}
		return encode(f.format, partial, f.format.asKind())
	case "PartialObjectMetadataList":
		return nil, f.errOtherForm(false)
	}
	data, err := f.encoded(f.format.name, f.kind, f.version, item)
	if err != nil || f.format.name == jsonType {
		return data, err
	}
	return envelope(f.gvk(), data), nil
}

// table is an object as a table of one row; only the first has columns.
func (f *frames) table(item *store.Item) ([]byte, error) {
	table := metav1.Table{ListMeta: listMeta(item)}
	if !f.headed {
		table.ColumnDefinitions = f.call.table().Columns
	}
	f.headed = true
	return f.encodeRows(f.format, table, []*store.Item{item}, f.include)
}

// bookmark tells the client of a revision.
func (f *frames) bookmark(revision int64, initialEnd bool) error {
	obj := f.kind.Storage().New()
	obj.SetResourceVersion(store.FormatRevision(revision))
	if initialEnd {
		obj.SetAnnotations(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
	body, err := f.object(store.Unstored(obj, nil))
	if err != nil {
		return err
	}
	return f.send(string(watch.Bookmark), body)
}

// fail sends an error as an event.
func (f *frames) fail(err error) error {
	status := statusOf(err)
	plain := format{name: f.format.name}
	body, encodeErr := encode(plain, &status, metav1.Unversioned.WithKind("Status"))
	if encodeErr != nil {
		return encodeErr
	}
	return f.send(string(watch.Error), body)
}

// send writes one event.
func (f *frames) send(kind string, object []byte) error {
	f.sentEvent()
	if f.format.name == protobufType {
		return f.sendProtobuf(kind, object)
	}
	frame := make([]byte, 0, len(object)+32)
	frame = append(frame, `{"type":"`+kind+`","object":`...)
	frame = append(frame, trimNewline(object)...)
	frame = append(frame, "}\n"...)
	_, err := f.w.Write(frame)
	return err
}

func trimNewline(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

// sendProtobuf writes an event after its length.
func (f *frames) sendProtobuf(kind string, object []byte) error {
	event := metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: object}}
	message, err := event.Marshal()
	if err != nil {
		return err
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(message)))
	_, err = f.w.Write(append(frame, message...))
	return err
}
