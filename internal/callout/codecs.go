package callout

import (
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// codecs read and write reviews.
var codecs = sync.OnceValue(func() runtime.NegotiatedSerializer {
	s := runtime.NewScheme()
	admission := []schema.GroupVersion{admissionv1beta1.SchemeGroupVersion, admissionv1.SchemeGroupVersion}
	s.AddKnownTypes(admission[0], &admissionv1beta1.AdmissionReview{})
	s.AddKnownTypes(admission[1], &admissionv1.AdmissionReview{})
	conversion := []schema.GroupVersion{apiextensionsv1beta1.SchemeGroupVersion, apiextensionsv1.SchemeGroupVersion}
	s.AddKnownTypes(conversion[0], &apiextensionsv1beta1.ConversionReview{})
	s.AddKnownTypes(conversion[1], &apiextensionsv1.ConversionReview{})
	versions := append(admission, conversion...)
	for _, v := range versions {
		metav1.AddToGroupVersion(s, v)
	}
	return serializer.NegotiatedSerializerWrapper(runtime.SerializerInfo{Serializer: serializer.NewCodecFactory(s).LegacyCodec(versions...)})
})
