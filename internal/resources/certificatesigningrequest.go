package resources

import (
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	certificatesv1beta1 "k8s.io/api/certificates/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// csr is what the file's functions are about.
type csr = *certificatesv1.CertificateSigningRequest

// certificateSigningRequest is the kind whose spec never changes: a signer
// answers through status, an approver through approval. Who asked is noted in
// the spec by the API server, which knows the user.
func certificateSigningRequest() *Kind {
	return define(Definition[csr]{
		Name: "CertificateSigningRequest", Resource: "certificatesigningrequests",
		ShortNames: []string{"csr"}, ClusterScoped: true,
		Version:          certificatesv1.SchemeGroupVersion,
		Attribute:        attributeCertificate,
		PrepareForUpdate: func(r, old csr) { r.Spec = *old.Spec.DeepCopy() },
		Resets:           [][]string{{"spec"}},
		ValidateName:     func(string, bool) []string { return nil },
		Validate:         validateCertificateSigningRequest,
		ValidateUpdate:   validateCertificateSigningRequestUpdate,
		Status: &Status[csr]{
			Copy:    func(to, from csr) { to.Status = *from.Status.DeepCopy() },
			Prepare: prepareCertificate,
			Resets:  [][]string{{"status", "conditions"}},
			Validate: func(r, old csr) field.ErrorList {
				errs := validateCertificateSigningRequestUpdate(r, old)
				errs = append(errs, forbidApproval(r, old)...)
				return append(errs, forbidNewCertificate(r, old)...)
			},
		},
		Subresources: []*Subresource{
			Part("approval", prepareApproval, validateCertificateSigningRequestUpdate).
				Resetting([]string{"spec"}, []string{"status", "certificate"}),
		},
		Fields: func(r csr) fields.Set { return fields.Set{"spec.signerName": r.Spec.SignerName} },
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			AgeColumn(),
			Column("SignerName", certificatesv1beta1.CertificateSigningRequestSpec{}.SwaggerDoc()["signerName"]),
			Column("Requestor", certificatesv1beta1.CertificateSigningRequestSpec{}.SwaggerDoc()["request"]),
			Column("RequestedDuration", certificatesv1beta1.CertificateSigningRequestSpec{}.SwaggerDoc()["expirationSeconds"]),
			Column("Condition", certificatesv1beta1.CertificateSigningRequestStatus{}.SwaggerDoc()["conditions"]),
		},
		Row: certificateSigningRequestRow,
	})
}

func certificateSigningRequestRow(r csr, now time.Time) []any {
	requested := "<none>"
	if seconds := r.Spec.ExpirationSeconds; seconds != nil {
		requested = duration.HumanDuration(time.Duration(*seconds) * time.Second)
	}
	return []any{
		r.Name, Age(r.CreationTimestamp, now), orElse(r.Spec.SignerName, "<none>"), r.Spec.Username,
		requested, certificateCondition(r),
	}
}

func certificateCondition(r csr) string {
	state := "Pending"
	switch {
	case len(conditionsOfType(r, certificatesv1.CertificateDenied)) > 0:
		state = "Denied"
	case len(conditionsOfType(r, certificatesv1.CertificateApproved)) > 0:
		state = "Approved"
	}
	if len(conditionsOfType(r, certificatesv1.CertificateFailed)) > 0 {
		state += ",Failed"
	}
	if len(r.Status.Certificate) > 0 {
		state += ",Issued"
	}
	return state
}

func conditionsOfType(r csr, t certificatesv1.RequestConditionType) []certificatesv1.CertificateSigningRequestCondition {
	var found []certificatesv1.CertificateSigningRequestCondition
	for _, c := range r.Status.Conditions {
		if c.Type == t {
			found = append(found, c)
		}
	}
	return found
}

// prepareCertificate keeps all but the status, and of the status the verdict.
func prepareCertificate(r, old csr) {
	for _, t := range verdicts {
		before := conditionsOfType(old, t)
		if len(before) != len(conditionsOfType(r, t)) {
			continue // for the validation to refuse
		}
		for i := range r.Status.Conditions {
			if r.Status.Conditions[i].Type == t {
				r.Status.Conditions[i], before = before[0], before[1:]
			}
		}
	}
	keepAllBut(r, old, func(to, from csr) { to.Status = from.Status })
}

// prepareApproval keeps all but the conditions.
func prepareApproval(r, old csr) {
	keepAllBut(r, old, func(to, from csr) { to.Status.Conditions = from.Status.Conditions })
}

// attributeCertificate notes who asked for a certificate, and when conditions
// were written and came about.
func attributeCertificate(r, old csr, by Author) {
	if old == nil {
		noteRequestor(&r.Spec, by.User)
		return
	}
	for i := range r.Status.Conditions {
		c := &r.Status.Conditions[i]
		if c.LastUpdateTime.IsZero() {
			c.LastUpdateTime = by.Now
		}
		if c.LastTransitionTime.IsZero() {
			c.LastTransitionTime = transitionOf(old, c, by.Now)
		}
	}
}

// transitionOf is when a condition came to have its status.
func transitionOf(old csr, c *certificatesv1.CertificateSigningRequestCondition, now metav1.Time) metav1.Time {
	for _, before := range conditionsOfType(old, c.Type) {
		if before.Status == c.Status && !before.LastTransitionTime.IsZero() {
			return before.LastTransitionTime
		}
	}
	return now
}

func noteRequestor(spec *certificatesv1.CertificateSigningRequestSpec, user authenticationv1.UserInfo) {
	spec.Username, spec.UID, spec.Groups, spec.Extra = user.Username, user.UID, user.Groups, nil
	for key, values := range user.Extra {
		if spec.Extra == nil {
			spec.Extra = map[string]certificatesv1.ExtraValue{}
		}
		spec.Extra[key] = certificatesv1.ExtraValue(values)
	}
}
