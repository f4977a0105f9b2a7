package authorization

import (
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// Union allows what one of several authorizers allows.
type Union []Authorizer

// Authorize implements [Authorizer].
func (u Union) Authorize(a Attributes) (allowed bool, reason string) {
	var reasons []string
	for _, authorizer := range u {
		allowed, reason := authorizer.Authorize(a)
		if allowed {
			return true, reason
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return false, strings.Join(reasons, "\n")
}

// Rules implements [Authorizer].
func (u Union) Rules(user authenticationv1.UserInfo, namespace string) authorizationv1.SubjectRulesReviewStatus {
	all := authorizationv1.SubjectRulesReviewStatus{
		ResourceRules: []authorizationv1.ResourceRule{}, NonResourceRules: []authorizationv1.NonResourceRule{},
	}
	var problems []string
	for _, authorizer := range u {
		rules := authorizer.Rules(user, namespace)
		all.ResourceRules = append(all.ResourceRules, rules.ResourceRules...)
		all.NonResourceRules = append(all.NonResourceRules, rules.NonResourceRules...)
		all.Incomplete = all.Incomplete || rules.Incomplete
		if rules.EvaluationError != "" {
			problems = append(problems, rules.EvaluationError)
		}
	}
	all.EvaluationError = strings.Join(problems, ", ")
	return all
}
