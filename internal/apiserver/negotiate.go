package apiserver

import (
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/munnerz/goautoneg"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Media types of bodies.
const (
	jsonType     = "application/json"
	yamlType     = "application/yaml"
	protobufType = "application/vnd.kubernetes.protobuf"
)

// formats are the media types that an answer may have, the default first.
type formats []string

var (
	allFormats = formats{jsonType, yamlType, protobufType}
	// customFormats are those of kinds without Go types.
	customFormats = formats{jsonType, yamlType}
	// watchFormats are those of watches.
	watchFormats = formats{jsonType + ";stream=watch", protobufType + ";stream=watch"}
)

// format is what a client accepts: a media type, and what to make of an object
// before it is written.
type format struct {
	name   string
	pretty bool
	// as is "Table", "PartialObjectMetadata" or "PartialObjectMetadataList";
	// "" for the object itself. asVersion is of group meta.k8s.io.
	as        string
	asVersion string
}

// contentType is the header of an answer in the format.
func (f format) contentType(stream bool) string {
	if stream && f.name == protobufType {
		return protobufType + ";stream=watch"
	}
	return f.name
}

// formats of the objects of the call's kind.
func (c *call) formats() formats {
	if c.kind != nil && c.kind.Custom != nil && c.rows == nil {
		return customFormats
	}
	return allFormats
}

// negotiate chooses the format of an answer that is an object of the call's kind,
// or several.
func (c *call) negotiate(offered formats) (format, error) {
	return c.choose(offered, func(form string) bool { return form != "Table" || c.isTabled() })
}

// isTabled reports whether what the call is about is also shown as a table.
func (c *call) isTabled() bool {
	if c.kind != nil && (c.sub == nil || c.sub.Tabled) {
		return true
	}
	return c.rows != nil
}

// negotiatePlain chooses the format of an answer that is nothing else in another
// form.
func (c *call) negotiatePlain() (format, error) {
	return c.choose(allFormats, func(string) bool { return false })
}

// choose picks the first of the formats that the client accepts; shown reports
// whether there is another form of the answer.
func (c *call) choose(offered formats, shown func(form string) bool) (format, error) {
	accept := c.r.Header.Get("Accept")
	if accept == "" {
		return format{name: offered[0], pretty: wantsPretty(c.r)}, nil
	}
	for _, clause := range goautoneg.ParseAccept(accept) {
		f, ok := offered.match(clause)
		if !ok || f.as != "" && !shown(f.as) {
			continue
		}
		if pretty, ok := clause.Params["pretty"]; ok {
			f.pretty = pretty == "1"
		} else {
			f.pretty = wantsPretty(c.r)
		}
		return f, nil
	}
	return format{}, errNotAcceptable(offered)
}

// match finds the format that a clause of an Accept header asks for.
func (offered formats) match(clause goautoneg.Accept) (format, bool) {
	f := format{as: clause.Params["as"]}
	candidates := offered
	stream := clause.Params["stream"]
	if stream != "" && stream != "watch" || clause.Params["sv"] != "" {
		return f, false
	}
	if _, versioned := clause.Params["v"]; f.as == "" && (versioned || clause.Params["g"] != "") {
		return f, false // a version of nothing
	}
	if f.as != "" {
		f.asVersion = clause.Params["v"]
		if clause.Params["g"] != metav1.GroupName || f.asVersion != "v1" && f.asVersion != "v1beta1" {
			return f, false
		}
		switch f.as {
		case "Table":
			candidates = customFormats
		case "PartialObjectMetadata", "PartialObjectMetadataList":
			candidates = allFormats
		default:
			return f, false
		}
	}
	i := slices.IndexFunc(candidates, func(name string) bool { return accepts(clause, name) })
	if i < 0 {
		return f, false
	}
	if f.name = candidates[i]; stream != "" && f.name == yamlType {
		return f, false
	}
	return f, true
}

func accepts(clause goautoneg.Accept, name string) bool {
	kind, subKind, _ := strings.Cut(name, "/")
	return (clause.Type == "*" || clause.Type == kind) && (clause.SubType == "*" || clause.SubType == subKind)
}

// checkRepresentations refuses a request whose sender takes none of the media
// types that its route has, whatever their parameters.
func (c *call) checkRepresentations(produced formats) error {
	accept := c.r.Header.Get("Accept")
	if accept == "" {
		return nil
	}
	for clause := range strings.SplitSeq(accept, ",") {
		name, _, _ := strings.Cut(clause, ";")
		if name = strings.TrimSpace(name); name == "*/*" || slices.Contains(produced, name) {
			return nil
		}
	}
	return apierrors.NewGenericServerResponse(http.StatusNotAcceptable, "", schema.GroupResource{}, "",
		"406: Not Acceptable\n\nAvailable representations: "+strings.Join(produced, ", "), 0, false)
}

// wantsPretty reports whether an answer is for a person to read: by the query,
// else by the client's name.
func wantsPretty(r *http.Request) bool {
	if strings.Contains(r.URL.RawQuery, "pretty") {
		if asked := r.URL.Query().Get("pretty"); asked != "" {
			pretty, _ := strconv.ParseBool(asked)
			return pretty
		}
	}
	agent := r.UserAgent()
	return strings.HasPrefix(agent, "curl") || strings.HasPrefix(agent, "Wget") || strings.HasPrefix(agent, "Mozilla/5.0")
}

// bodyFormat is the media type of the request's body.
func (c *call) bodyFormat(accepted formats) (string, error) {
	header := c.r.Header.Get("Content-Type")
	if header == "" {
		return accepted[0], nil
	}
	if name, _, err := mime.ParseMediaType(header); err == nil && slices.Contains(accepted, name) {
		return name, nil
	}
	return "", errUnsupportedMediaType(accepted)
}
