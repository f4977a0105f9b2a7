package fidelity

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWebhooks sends the requests of testdata/webhooks, about which both servers
// ask the same webhooks.
func TestWebhooks(t *testing.T) {
	s := startServers(t, "webhooks/", "AlwaysAllow")
	s.surroundings(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(answerReview))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // some steps don't trust it
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	s.runFiles(t, "webhooks", map[string]string{"webhook": server.URL, "ca": base64.StdEncoding.EncodeToString(ca)})
}

// answerReview answers a review as the path asks for.
func answerReview(w http.ResponseWriter, r *http.Request) {
	var review map[string]any
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if review["kind"] == "ConversionReview" {
		answerConversion(w, strings.TrimPrefix(r.URL.Path, "/convert/"), review)
		return
	}
	request, _ := review["request"].(map[string]any)
	response := map[string]any{"uid": request["uid"], "allowed": true}
	answer := map[string]any{"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}
	what, how, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch what {
	case "deny":
		response["allowed"] = false
		if how != "" {
			response["status"] = json.RawMessage(statuses[how])
		}
	case "echo":
		response["allowed"], response["status"] = false, map[string]any{"message": told(review)}
	case "warn":
		response["warnings"] = []string{"careful", "very careful"}
	case "patch":
		response["patch"], response["patchType"] = []byte(patches[how]), "JSONPatch"
	case "count":
		response["patch"], response["patchType"] = count(request), "JSONPatch"
	case "wrong":
		spoil(how, answer, response)
	case "status":
		code, _ := strconv.Atoi(how)
		http.Error(w, "as you wish", code)
		return
	case "text":
		fmt.Fprint(w, how)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// statuses are the words of denials.
var statuses = map[string]string{
	"message": `{"message":"no","code":418,"reason":"Teapot"}`,
	"reason":  `{"reason":"Forbidden"}`,
	"success": `{"status":"Success","code":200,"message":"no"}`,
	"details": `{"status":"Failure","code":409,"reason":"Conflict","message":"taken","details":{"name":"x","kind":"y","causes":[{"message":"z"}]}}`,
}

// patches are what mutating webhooks answer.
var patches = map[string]string{
	"label":     `[{"op":"add","path":"/metadata/labels/patched","value":"yes"}]`,
	"empty":     `[]`,
	"broken":    `{`,
	"lost":      `[{"op":"remove","path":"/metadata/none"}]`,
	"test":      `[{"op":"test","path":"/metadata/name","value":"none"}]`,
	"unknown":   `[{"op":"add","path":"/nonsense","value":"x"}]`,
	"type":      `[{"op":"add","path":"/data","value":"text"}]`,
	"name":      `[{"op":"replace","path":"/metadata/name","value":"other"}]`,
	"invalid":   `[{"op":"add","path":"/metadata/labels/a b","value":"c"}]`,
	"container": `[{"op":"add","path":"/spec/containers/-","value":{"name":"side","image":"side"}}]`,
	"replicas":  `[{"op":"replace","path":"/spec/replicas","value":3}]`,
	"max":       `[{"op":"replace","path":"/spec/maxReplicas","value":7}]`,
	"free":      `[{"op":"add","path":"/spec/nonsense","value":1}]`,
}

// told is what a review says, but for what chance has a part in.
func told(review map[string]any) string {
	request := review["request"].(map[string]any)
	delete(request, "uid")
	for _, name := range []string{"object", "oldObject"} {
		if object, ok := request[name].(map[string]any); ok {
			if metadata, ok := object["metadata"].(map[string]any); ok {
				delete(metadata, "managedFields")
			}
		}
	}
	text, err := json.Marshal(review)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// count is a patch that counts in a label.
func count(request map[string]any) []byte {
	object, _ := request["object"].(map[string]any)
	metadata, _ := object["metadata"].(map[string]any)
	labels, _ := metadata["labels"].(map[string]any)
	before, _ := labels["count"].(string)
	n, _ := strconv.Atoi(before)
	return fmt.Appendf(nil, `[{"op":"add","path":"/metadata/labels/count","value":"%d"}]`, n+1)
}

// answerConversion answers a review of conversions: what is a size in one version
// is a length in the other.
func answerConversion(w http.ResponseWriter, how string, review map[string]any) {
	request := review["request"].(map[string]any)
	objects, _ := request["objects"].([]any)
	for _, o := range objects {
		object := o.(map[string]any)
		object["apiVersion"] = request["desiredAPIVersion"]
		metadata, _ := object["metadata"].(map[string]any)
		spec, _ := object["spec"].(map[string]any)
		from, to := "size", "length"
		if _, other := spec["length"]; other {
			from, to = to, from
		}
		if value, there := spec[from]; there {
			spec[to] = value
			delete(spec, from)
		}
		switch how {
		case "name":
			metadata["name"] = "other"
		case "generation":
			metadata["generation"] = 77
		case "labels":
			metadata["labels"] = map[string]any{"converted": "yes"}
		case "badlabels":
			metadata["labels"] = map[string]any{"con verted": "yes"}
		case "nometadata":
			delete(object, "metadata")
		case "version":
			object["apiVersion"] = "webhooks.example.com/v9"
		case "kind":
			object["kind"] = "Other"
		case "type":
			spec["extra"], spec["length"] = "x", "long"
		}
	}
	response := map[string]any{"uid": request["uid"], "convertedObjects": objects, "result": map[string]any{"status": "Success"}}
	switch how {
	case "fail":
		response["result"] = map[string]any{"status": "Failure", "message": "can't be"}
	case "silent":
		response["result"] = map[string]any{"status": "Failure"}
	case "nothing":
		response["convertedObjects"] = []any{}
	case "uid":
		response["uid"] = "other"
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})
}

// spoil makes an answer one that is none.
func spoil(how string, answer, response map[string]any) {
	switch how {
	case "uid":
		response["uid"] = "other"
	case "absent":
		delete(answer, "response")
	case "version":
		answer["apiVersion"] = "admission.k8s.io/v1beta1"
	case "kind":
		answer["kind"] = "Other"
	case "none":
		delete(answer, "kind")
	case "patch":
		response["patch"] = []byte(patches["label"])
	case "patchtype":
		response["patchType"] = "JSONPatch"
	case "emptytype":
		response["patch"], response["patchType"] = []byte(patches["label"]), ""
	case "othertype":
		response["patch"], response["patchType"] = []byte(patches["label"]), "MergePatch"
	}
}

func TestWebhookAnswers(t *testing.T) {
	recorder := httptest.NewRecorder()
	answerReview(recorder, httptest.NewRequest(http.MethodPost, "/deny/message", strings.NewReader(`{"kind":"AdmissionReview","request":{"uid":"u"}}`)))
	require.JSONEq(t, `{"apiVersion":null,"kind":"AdmissionReview","response":{"uid":"u","allowed":false,"status":{"message":"no","code":418,"reason":"Teapot"}}}`, recorder.Body.String())
}
