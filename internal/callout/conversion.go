package callout

import (
	"crypto/rand"
	"fmt"
	"time"

	"k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apimachinery/pkg/types"
)

// conversionTimeout is how long a conversion may take.
const conversionTimeout = 30 * time.Second

// Convert asks a webhook to convert custom resources. It implements
// [customresource.Ask].
func (c *Caller) Convert(config apiextensionsv1.WebhookClientConfig, version string, sent *apiextensionsv1.ConversionReview) (*apiextensionsv1.ConversionReview, error) {
	to := v1.WebhookClientConfig{URL: config.URL, CABundle: config.CABundle}
	if s := config.Service; s != nil {
		to.Service = &v1.ServiceReference{Namespace: s.Namespace, Name: s.Name, Path: s.Path, Port: s.Port}
	}
	sent.Request.UID = newUID()
	received := &apiextensionsv1.ConversionReview{}
	return received, c.post(to, conversionTimeout, version, review{
		sent, received, &apiextensionsv1beta1.ConversionReview{}, &apiextensionsv1beta1.ConversionReview{},
	})
}

// newUID names a review. It decides nothing, so that it need not come from the
// cluster's seed.
func newUID() types.UID {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return types.UID(fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]))
}
