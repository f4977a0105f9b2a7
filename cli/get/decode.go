package get

import (
	"encoding/base64"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/resource"
)

// decodeSecrets shows the values of Secrets as they are: in stringData, from
// where they can be applied again. Values that are no text stay in data.
func decodeSecrets(infos []*resource.Info) {
	for _, info := range infos {
		object, ok := info.Object.(*unstructured.Unstructured)
		if !ok || object.GetKind() != "Secret" || object.GetAPIVersion() != "v1" {
			continue
		}
		data, _ := object.Object["data"].(map[string]any)
		decoded := map[string]any{}
		for key, value := range data {
			encoded, _ := value.(string)
			if plain, err := base64.StdEncoding.DecodeString(encoded); err == nil && utf8.Valid(plain) {
				decoded[key] = string(plain)
				delete(data, key)
			}
		}
		if len(decoded) > 0 {
			object.Object["stringData"] = decoded
		}
		if len(data) == 0 {
			delete(object.Object, "data")
		}
	}
}
