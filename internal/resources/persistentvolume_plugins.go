package resources

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

// Sources of persistent volumes that differ from those of pods, most of all in
// whose secrets they may name.

func cephFSInPods(s *corev1.CephFSPersistentVolumeSource) *corev1.CephFSVolumeSource {
	if s == nil {
		return nil
	}
	return &corev1.CephFSVolumeSource{Monitors: s.Monitors}
}

func rbdInPods(s *corev1.RBDPersistentVolumeSource) *corev1.RBDVolumeSource {
	if s == nil {
		return nil
	}
	return &corev1.RBDVolumeSource{CephMonitors: s.CephMonitors, RBDImage: s.RBDImage}
}

func flexInPods(s *corev1.FlexPersistentVolumeSource) *corev1.FlexVolumeSource {
	if s == nil {
		return nil
	}
	return &corev1.FlexVolumeSource{Driver: s.Driver, Options: s.Options}
}

func validateGlusterfs(s corev1.GlusterfsPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := append(validatePresent(at.Child("endpoints"), s.EndpointsName), validatePresent(at.Child("path"), s.Path)...)
		if s.EndpointsNamespace == nil {
			return errs
		}
		namespace := at.Child("endpointsNamespace")
		if *s.EndpointsNamespace == "" {
			return append(errs, field.Invalid(namespace, "", "if the endpointnamespace is set, it must be a valid namespace name"))
		}
		return append(errs, validateAsName(namespace, *s.EndpointsNamespace, apivalidation.ValidateNamespaceName)...)
	}
}

// maxInitiatorTarget is how long a volume's name with its portal may be for an
// initiator of its own.
const maxInitiatorTarget = 64

func validateISCSI(s corev1.ISCSIPersistentVolumeSource, volume string) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		shared := asInPods(corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{
			TargetPortal: s.TargetPortal, IQN: s.IQN, Lun: s.Lun, InitiatorName: s.InitiatorName,
		}})(at)
		var errs, initiator field.ErrorList
		for _, err := range shared {
			err.Detail = strings.TrimSuffix(err.Detail, " starting with iqn, eui, or naa")
			if err.Field == at.Child("initiatorname").String() {
				initiator = append(initiator, err)
			} else {
				errs = append(errs, err)
			}
		}
		if s.InitiatorName != nil && len(volume)+1+len(s.TargetPortal) > maxInitiatorTarget {
			errs = append(errs, field.Invalid(at.Child("targetportal"), s.TargetPortal,
				fmt.Sprintf("Total length of <volume name>:<iscsi.targetPortal> must be under %d characters if iscsi.initiatorName is specified.", maxInitiatorTarget)))
		}
		if (s.DiscoveryCHAPAuth || s.SessionCHAPAuth) && s.SecretRef == nil {
			errs = append(errs, field.Required(at.Child("secretRef"), ""))
		}
		if s.SecretRef != nil {
			errs = append(errs, validatePresent(at.Child("secretRef", "name"), s.SecretRef.Name)...)
		}
		return append(errs, initiator...)
	}
}

func validateCinder(s corev1.CinderPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := validatePresent(at.Child("volumeID"), s.VolumeID)
		if s.SecretRef != nil {
			errs = append(errs, validatePresent(at.Child("secretRef", "name"), s.SecretRef.Name)...)
			errs = append(errs, validatePresent(at.Child("secretRef", "namespace"), s.SecretRef.Namespace)...)
		}
		return errs
	}
}

func validateAzureFile(s corev1.AzureFilePersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := append(validatePresent(at.Child("secretName"), s.SecretName), validatePresent(at.Child("shareName"), s.ShareName)...)
		if s.SecretNamespace != nil {
			errs = append(errs, validatePresent(at.Child("secretNamespace"), *s.SecretNamespace)...)
		}
		return errs
	}
}

func validateScaleIO(s corev1.ScaleIOPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := append(validatePresent(at.Child("gateway"), s.Gateway), validatePresent(at.Child("system"), s.System)...)
		return append(errs, validatePresent(at.Child("volumeName"), s.VolumeName)...)
	}
}

func validateStorageOS(s corev1.StorageOSPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := asInPods(corev1.VolumeSource{StorageOS: &corev1.StorageOSVolumeSource{
			VolumeName: s.VolumeName, VolumeNamespace: s.VolumeNamespace,
		}})(at)
		if s.SecretRef != nil {
			errs = append(errs, validatePresent(at.Child("secretRef", "name"), s.SecretRef.Name)...)
			errs = append(errs, validatePresent(at.Child("secretRef", "namespace"), s.SecretRef.Namespace)...)
		}
		return errs
	}
}

func validateCSI(v corev1.CSIPersistentVolumeSource) func(*field.Path) field.ErrorList {
	return func(at *field.Path) field.ErrorList {
		errs := podspec.ValidateCSIDriverName(v.Driver, at.Child("driver"))
		errs = append(errs, validatePresent(at.Child("volumeHandle"), v.VolumeHandle)...)
		for _, ref := range []struct {
			name   string
			secret *corev1.SecretReference
		}{
			{"controllerPublishSecretRef", v.ControllerPublishSecretRef},
			{"controllerExpandSecretRef", v.ControllerExpandSecretRef},
			{"nodePublishSecretRef", v.NodePublishSecretRef},
			{"nodeExpandSecretRef", v.NodeExpandSecretRef},
		} {
			if ref.secret != nil {
				errs = append(errs, validateSecretReference(ref.secret, at.Child(ref.name))...)
			}
		}
		return errs
	}
}

// validateSecretReference checks the secret of a CSI driver's call.
func validateSecretReference(ref *corev1.SecretReference, at *field.Path) field.ErrorList {
	errs := validatePresent(at.Child("name"), ref.Name)
	if ref.Name != "" {
		errs = podspec.ValidateDNS1123Subdomain(ref.Name, at.Child("name"))
	}
	if ref.Namespace == "" {
		return append(errs, field.Required(at.Child("namespace"), ""))
	}
	return append(errs, podspec.ValidateDNS1123Label(ref.Namespace, at.Child("namespace"))...)
}
