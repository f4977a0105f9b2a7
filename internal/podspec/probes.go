package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var httpSchemes = []corev1.URIScheme{corev1.URISchemeHTTP, corev1.URISchemeHTTPS}

// validateLifecycleAndProbes validates the hooks and probes of a container that
// keeps running.
func (s *scope) validateLifecycleAndProbes(c *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if c.Lifecycle != nil {
		errs = append(errs, s.validateLifecycle(c.Lifecycle, path.Child("lifecycle"))...)
	}
	errs = append(errs, validateOneSuccessProbe(c.LivenessProbe, path.Child("livenessProbe"))...)
	errs = append(errs, validateReadinessProbe(c.ReadinessProbe, path.Child("readinessProbe"))...)
	return append(errs, validateOneSuccessProbe(c.StartupProbe, path.Child("startupProbe"))...)
}

// validateOneSuccessProbe validates a liveness or startup probe, for which one
// success is always enough.
func validateOneSuccessProbe(probe *corev1.Probe, path *field.Path) field.ErrorList {
	if probe == nil {
		return nil
	}
	errs := validateProbe(probe, path)
	if probe.SuccessThreshold != 1 {
		errs = append(errs, field.Invalid(path.Child("successThreshold"), probe.SuccessThreshold, "must be 1"))
	}
	return errs
}

// validateReadinessProbe validates a probe that never terminates its container.
func validateReadinessProbe(probe *corev1.Probe, path *field.Path) field.ErrorList {
	if probe == nil {
		return nil
	}
	errs := validateProbe(probe, path)
	if grace := probe.TerminationGracePeriodSeconds; grace != nil {
		errs = append(errs, field.Invalid(path.Child("terminationGracePeriodSeconds"), *grace, "must not be set for readinessProbes"))
	}
	return errs
}

func validateProbe(probe *corev1.Probe, path *field.Path) field.ErrorList {
	errs := validateHandler(path, []handler{
		exec(probe.Exec), httpGet(probe.HTTPGet), tcpSocket(probe.TCPSocket), grpc(probe.GRPC),
	})
	for _, f := range []struct {
		name  string
		value int32
	}{
		{"initialDelaySeconds", probe.InitialDelaySeconds},
		{"timeoutSeconds", probe.TimeoutSeconds},
		{"periodSeconds", probe.PeriodSeconds},
		{"successThreshold", probe.SuccessThreshold},
		{"failureThreshold", probe.FailureThreshold},
	} {
		errs = append(errs, ValidateNonnegativeField(int64(f.value), path.Child(f.name))...)
	}
	if grace := probe.TerminationGracePeriodSeconds; grace != nil && *grace <= 0 {
		errs = append(errs, field.Invalid(path.Child("terminationGracePeriodSeconds"), *grace, "must be greater than 0"))
	}
	return errs
}

func (s *scope) validateLifecycle(lifecycle *corev1.Lifecycle, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, hook := range []struct {
		name    string
		handler *corev1.LifecycleHandler
	}{{"postStart", lifecycle.PostStart}, {"preStop", lifecycle.PreStop}} {
		if h := hook.handler; h != nil {
			errs = append(errs, validateHandler(path.Child(hook.name), []handler{
				exec(h.Exec), httpGet(h.HTTPGet), tcpSocket(h.TCPSocket), s.sleep(h.Sleep),
			})...)
		}
	}
	return errs
}

// handler is one of the ways a probe or hook can be carried out.
type handler struct {
	name     string
	set      bool
	validate func(*field.Path) field.ErrorList
}

// validateHandler requires exactly one handler.
func validateHandler(path *field.Path, handlers []handler) field.ErrorList {
	var errs field.ErrorList
	found := false
	for _, h := range handlers {
		switch {
		case !h.set:
		case found:
			errs = append(errs, field.Forbidden(path.Child(h.name), "may not specify more than 1 handler type"))
		default:
			found = true
			errs = append(errs, h.validate(path.Child(h.name))...)
		}
	}
	if !found {
		errs = append(errs, field.Required(path, "must specify a handler type"))
	}
	return errs
}

func exec(action *corev1.ExecAction) handler {
	return handler{"exec", action != nil, func(path *field.Path) field.ErrorList {
		if len(action.Command) > 0 {
			return nil
		}
		return field.ErrorList{field.Required(path.Child("command"), "")}
	}}
}

func httpGet(action *corev1.HTTPGetAction) handler {
	return handler{"httpGet", action != nil, func(path *field.Path) field.ErrorList {
		errs := requireFields(path, fieldValue{"path", action.Path})
		errs = append(errs, ValidatePortNumOrName(action.Port, path.Child("port"))...)
		errs = append(errs, supported(path.Child("scheme"), action.Scheme, httpSchemes)...)
		for _, header := range action.HTTPHeaders {
			errs = append(errs, invalid(path.Child("httpHeaders"), header.Name, validation.IsHTTPHeaderName(header.Name))...)
		}
		return errs
	}}
}

func tcpSocket(action *corev1.TCPSocketAction) handler {
	return handler{"tcpSocket", action != nil, func(path *field.Path) field.ErrorList {
		return ValidatePortNumOrName(action.Port, path.Child("port"))
	}}
}

func grpc(action *corev1.GRPCAction) handler {
	return handler{"grpc", action != nil, func(path *field.Path) field.ErrorList {
		return ValidatePortNumOrName(intstr.FromInt32(action.Port), path.Child("port"))
	}}
}

func (s *scope) sleep(action *corev1.SleepAction) handler {
	return handler{"sleep", action != nil, func(path *field.Path) field.ErrorList {
		grace := s.spec.TerminationGracePeriodSeconds
		if grace == nil || action.Seconds >= 0 && action.Seconds <= *grace {
			return nil
		}
		return field.ErrorList{field.Invalid(path, action.Seconds,
			fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", *grace))}
	}}
}
