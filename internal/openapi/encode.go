package openapi

import (
	"crypto/sha512"
	"encoding/json"
	"fmt"

	openapi_v2 "github.com/google/gnostic-models/openapiv2"
	openapi_v3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
)

// Media types of the protobuf forms. Clients ask for the first of each pair,
// which is not a valid media type, or for the second.
const (
	ProtobufV2Requested = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
	ProtobufV2          = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
	ProtobufV3Requested = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"
	ProtobufV3          = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
)

// EncodeV2 turns the JSON of a version 2 document into protobuf.
func EncodeV2(document []byte) ([]byte, error) {
	parsed, err := openapi_v2.ParseDocument(document)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI v2 as protobuf: %w", err)
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(parsed)
}

// EncodeV3 turns the JSON of a version 3 document into protobuf.
func EncodeV3(document []byte) ([]byte, error) {
	parsed, err := openapi_v3.ParseDocument(document)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI v3 as protobuf: %w", err)
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(parsed)
}

// Hash identifies a document's content, in its ETag and in the index.
func Hash(document []byte) string {
	return fmt.Sprintf("%X", sha512.Sum512(document))
}

// Index is the JSON served under /openapi/v3: where each document is, with its
// hash, so that clients can cache it for good. Hashes are by the documents' names.
func Index(hashes map[string]string) ([]byte, error) {
	type entry struct {
		ServerRelativeURL string `json:"serverRelativeURL"`
	}
	paths := map[string]entry{}
	for name, hash := range hashes {
		paths[name] = entry{"/openapi/v3/" + name + "?hash=" + hash}
	}
	return json.Marshal(map[string]any{"paths": paths})
}
