package resources

import (
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
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
		PrepareForUpdate: func(r, old csr) { r.Spec = *old.Spec.DeepCopy() },
		ValidateName:     func(string, bool) []string { return nil },
		Validate:         validateCertificateSigningRequest,
		ValidateUpdate:   validateCertificateSigningRequestUpdate,
		Status: &Status[csr]{
			Copy:    func(to, from csr) { to.Status = *from.Status.DeepCopy() },
			Prepare: prepareCertificate,
			Validate: func(r, old csr) field.ErrorList {
				errs := validateCertificateSigningRequestUpdate(r, old)
				errs = append(errs, forbidApproval(r, old)...)
				return append(errs, forbidNewCertificate(r, old)...)
			},
		},
		Subresources: []*Subresource{Part("approval", prepareApproval, validateCertificateSigningRequestUpdate)},
		Fields:       func(r csr) fields.Set { return fields.Set{"spec.signerName": r.Spec.SignerName} },
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			AgeColumn(),
			Column("SignerName", certificatesv1.CertificateSigningRequestSpec{}.SwaggerDoc()["signerName"]),
			Column("Requestor", certificatesv1.CertificateSigningRequestSpec{}.SwaggerDoc()["request"]),
			Column("RequestedDuration", certificatesv1.CertificateSigningRequestSpec{}.SwaggerDoc()["expirationSeconds"]),
			Column("Condition", certificatesv1.CertificateSigningRequestStatus{}.SwaggerDoc()["conditions"]),
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
	dateConditions(r, old)
	keepAllBut(r, old, func(to, from csr) { to.Status = from.Status })
}

// prepareApproval keeps all but the conditions.
func prepareApproval(r, old csr) {
	dateConditions(r, old)
	keepAllBut(r, old, func(to, from csr) { to.Status.Conditions = from.Status.Conditions })
}

// dateConditions fills in when conditions came about: when the ones of the
// same status did before, otherwise when they were last updated.
func dateConditions(r, old csr) {
	for i := range r.Status.Conditions {
		c := &r.Status.Conditions[i]
		if !c.LastTransitionTime.IsZero() {
			continue
		}
		c.LastTransitionTime = c.LastUpdateTime
		for _, before := range conditionsOfType(old, c.Type) {
			if before.Status == c.Status && !before.LastTransitionTime.IsZero() {
				c.LastTransitionTime = before.LastTransitionTime
				break
			}
		}
	}
}
