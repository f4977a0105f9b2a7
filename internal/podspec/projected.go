package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

const (
	minTokenSeconds = 10 * 60
	maxTokenSeconds = 1 << 32

	minCertificateSeconds           = 60 * 60
	maxCertificateSeconds           = 91 * 24 * 60 * 60
	maxKubernetesCertificateSeconds = 24 * 60 * 60

	maxSignerDomain = 253
	maxSignerPath   = 253 + 63 + 1
)

var certificateKeyTypes = []string{"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"}

// projection validates the sources of one projected volume, which must not
// write to the same path.
type projection struct {
	path  *field.Path // of the volume's projected field
	taken sets.Set[string]
}

func validateProjected(volume *corev1.ProjectedVolumeSource, path *field.Path) field.ErrorList {
	errs := validateFileMode(volume.DefaultMode, path.Child("defaultMode"))
	errs = append(errs, validateUserID(volume.DefaultUser, path.Child("defaultUser"))...)
	p := &projection{path: path, taken: sets.New[string]()}
	for i := range volume.Sources {
		errs = append(errs, p.validateSource(&volume.Sources[i], path.Child("sources").Index(i))...)
	}
	return errs
}

func (p *projection) validateSource(source *corev1.VolumeProjection, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	count := 0
	for _, t := range []volumeType{
		typed("secret", source.Secret, p.validateSecret),
		typed("configMap", source.ConfigMap, p.validateConfigMap),
		typed("downwardAPI", source.DownwardAPI, p.validateDownwardAPI),
		typed("serviceAccountToken", source.ServiceAccountToken, p.validateToken),
		typed("clusterTrustBundle", source.ClusterTrustBundle, p.validateTrustBundle),
		typed("podCertificate", source.PodCertificate, p.validateCertificate),
	} {
		if t.validate != nil {
			count++
			errs = append(errs, t.validate(path.Child(t.name))...)
		}
	}
	if count > 1 {
		errs = append(errs, field.Forbidden(path, "may not specify more than 1 volume type per source"))
	}
	return errs
}

// take claims a path of the volume; shown is what an error quotes.
func (p *projection) take(target, shown string) field.ErrorList {
	if p.taken.Has(target) {
		return field.ErrorList{field.Invalid(p.path, shown, "conflicting duplicate paths")}
	}
	p.taken.Insert(target)
	return nil
}

func (p *projection) takeItems(items []corev1.KeyToPath, owner string) field.ErrorList {
	var errs field.ErrorList
	for _, item := range items {
		if item.Path != "" {
			errs = append(errs, p.take(item.Path, owner)...)
		}
	}
	return errs
}

func (p *projection) validateSecret(secret *corev1.SecretProjection, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", secret.Name})
	errs = append(errs, validateKeysToPaths(secret.Items, path.Child("items"))...)
	return append(errs, p.takeItems(secret.Items, secret.Name)...)
}

func (p *projection) validateConfigMap(configMap *corev1.ConfigMapProjection, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", configMap.Name})
	errs = append(errs, validateKeysToPaths(configMap.Items, path.Child("items"))...)
	return append(errs, p.takeItems(configMap.Items, configMap.Name)...)
}

func (p *projection) validateDownwardAPI(downward *corev1.DownwardAPIProjection, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range downward.Items {
		file := &downward.Items[i]
		errs = append(errs, validateDownwardAPIFile(file, path)...)
		if file.Path != "" {
			errs = append(errs, p.take(file.Path, file.Path)...)
		}
	}
	return errs
}

func (p *projection) validateToken(token *corev1.ServiceAccountTokenProjection, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if seconds := token.ExpirationSeconds; seconds != nil {
		switch {
		case *seconds < minTokenSeconds:
			errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration less than 10 minutes"))
		case *seconds > maxTokenSeconds:
			errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	// The server reports the path of the volume here, not of the source.
	errs = append(errs, requireFields(p.path, fieldValue{"path", token.Path})...)
	errs = append(errs, ValidateLocalNonReservedPath(token.Path, p.path.Child("path"))...)
	return append(errs, validateUserID(token.User, path.Child("user"))...)
}

func (p *projection) validateTrustBundle(bundle *corev1.ClusterTrustBundleProjection, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case bundle.Name != nil && bundle.SignerName != nil:
		errs = append(errs, field.Invalid(path, internalform.Of(bundle), "only one of name and signerName may be used"))
	case bundle.Name != nil:
		errs = append(errs, validateTrustBundleName(*bundle.Name, path.Child("name"))...)
		if bundle.LabelSelector != nil {
			errs = append(errs, field.Invalid(path.Child("labelSelector"), bundle.LabelSelector, "labelSelector must be unset if name is specified"))
		}
	case bundle.SignerName != nil:
		if *bundle.SignerName == "" {
			errs = append(errs, field.Required(path.Child("signerName"), "must be a valid signer name"))
		}
		errs = append(errs, ValidateSignerName(*bundle.SignerName, path.Child("signerName"))...)
		errs = append(errs, ValidateLabelSelector(bundle.LabelSelector, path.Child("labelSelector"))...)
	default:
		errs = append(errs, field.Required(path, "either name or signerName must be specified"))
	}
	errs = append(errs, requireFields(path, fieldValue{"path", bundle.Path})...)
	errs = append(errs, validateUserID(bundle.User, path.Child("user"))...)
	errs = append(errs, ValidateLocalNonReservedPath(bundle.Path, path.Child("path"))...)
	return append(errs, p.take(bundle.Path, bundle.Path)...)
}

// validateTrustBundleName requires an object name, after the signer's name with
// colons for slashes if the bundle belongs to a signer.
func validateTrustBundleName(name string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if name == "" {
		errs = append(errs, field.Required(path, "must be a valid object name"))
	}
	own := name[strings.LastIndex(name, ":")+1:]
	for _, msg := range validation.IsDNS1123Subdomain(own) {
		errs = append(errs, field.Invalid(path, name, fmt.Sprintf("not a valid clustertrustbundlename: %v", msg)))
	}
	return errs
}

func (p *projection) validateCertificate(cert *corev1.PodCertificateProjection, path *field.Path) field.ErrorList {
	errs := ValidateSignerName(cert.SignerName, path.Child("signerName"))
	errs = append(errs, validateUserAnnotations(cert.UserAnnotations, path.Child("userAnnotations"))...)
	errs = append(errs, validateUserID(cert.User, path.Child("user"))...)
	errs = append(errs, supported(path.Child("keyType"), cert.KeyType, certificateKeyTypes)...)
	errs = append(errs, validateCertificateLifetime(cert, path.Child("maxExpirationSeconds"))...)
	paths := 0
	for _, f := range []fieldValue{
		{"credentialBundlePath", cert.CredentialBundlePath},
		{"keyPath", cert.KeyPath},
		{"certificateChainPath", cert.CertificateChainPath},
	} {
		if f.value != "" {
			paths++
			errs = append(errs, ValidateLocalNonReservedPath(f.value, path.Child(f.name))...)
			errs = append(errs, p.take(f.value, f.value)...)
		}
	}
	if paths == 0 {
		errs = append(errs, field.Required(path, "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"))
	}
	return errs
}

func validateCertificateLifetime(cert *corev1.PodCertificateProjection, path *field.Path) field.ErrorList {
	if cert.MaxExpirationSeconds == nil {
		return nil
	}
	longest := maxCertificateSeconds
	if domain, _, _ := strings.Cut(cert.SignerName, "/"); domain == "kubernetes.io" || strings.HasSuffix(domain, ".kubernetes.io") {
		longest = maxKubernetesCertificateSeconds
	}
	switch seconds := *cert.MaxExpirationSeconds; {
	case seconds < minCertificateSeconds:
		return field.ErrorList{field.Invalid(path, seconds, "if provided, maxExpirationSeconds must be >= 3600")}
	case int(seconds) > longest:
		return field.ErrorList{field.Invalid(path, seconds, fmt.Sprintf("if provided, maxExpirationSeconds must be <= %d", longest))}
	}
	return nil
}

func validateUserAnnotations(annotations map[string]string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(annotations) {
		errs = append(errs, validation.IsDomainPrefixedKey(path, strings.ToLower(key))...)
	}
	if apivalidation.ValidateAnnotationsSize(annotations) != nil {
		errs = append(errs, field.TooLong(path, "", apivalidation.TotalAnnotationSizeLimitB))
	}
	return errs
}

// ValidateSignerName requires the name of a certificate signer, a domain and a
// path such as example.com/signer-name.
func ValidateSignerName(name string, fldPath *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(fldPath, "")}
	}
	parts := strings.Split(name, "/")
	if len(parts) != 2 {
		return field.ErrorList{field.Invalid(fldPath, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")}
	}
	var errs field.ErrorList
	if len(parts[0]) > maxSignerDomain {
		errs = append(errs, field.TooLong(fldPath, parts[0], maxSignerDomain))
	}
	errs = append(errs, validateDotted(parts[0], validation.IsDNS1123Label, fldPath)...)
	if !strings.Contains(parts[0], ".") {
		errs = append(errs, field.Invalid(fldPath, parts[0], "should be a domain with at least two segments separated by dots"))
	}
	errs = append(errs, validateDotted(parts[1], validation.IsDNS1123Subdomain, fldPath)...)
	if longest := maxSignerDomain + maxSignerPath + 1; len(name) > longest {
		errs = append(errs, field.TooLong(fldPath, name, longest))
	}
	return errs
}

func validateDotted(segment string, check func(string) []string, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, label := range strings.Split(segment, ".") {
		for _, msg := range check(label) {
			errs = append(errs, field.Invalid(fldPath, segment, fmt.Sprintf("validating label %q: %s", label, msg)))
		}
	}
	return errs
}
