package explain

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
)

func (o *options) runV2(f *factory.Factory, mapper meta.RESTMapper, resource schema.GroupVersionResource, path []string) error {
	return errNoV2
}
