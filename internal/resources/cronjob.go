package resources

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // time zones are the same on every machine

	"github.com/robfig/cron/v3"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/pattern"
	"github.com/kubejig/kubejig/internal/podspec"
)

// maxCronJobName leaves room for the time that the names of jobs end in.
const maxCronJobName = validation.DNS1035LabelMaxLength - 11

func cronJob() *Kind {
	spec, status := batchv1.CronJobSpec{}.SwaggerDoc(), batchv1.CronJobStatus{}.SwaggerDoc()
	suspend := Column("Suspend", spec["suspend"])
	suspend.Type = "boolean"
	return define(Definition[*batchv1.CronJob]{
		Name: "CronJob", Resource: "cronjobs", ShortNames: []string{"cj"}, Categories: []string{"all"},
		Version:          batchv1.SchemeGroupVersion,
		Default:          defaultCronJob,
		Spec:             func(c *batchv1.CronJob) any { return &c.Spec },
		PrepareForCreate: func(c *batchv1.CronJob) { dropDisabledJobFields(&c.Spec.JobTemplate.Spec) },
		PrepareForUpdate: func(c, _ *batchv1.CronJob) { dropDisabledJobFields(&c.Spec.JobTemplate.Spec) },
		Validate:         validateCronJob,
		ValidateUpdate: func(c, _ *batchv1.CronJob) field.ErrorList {
			return validateCronJobSpec(&c.Spec, field.NewPath("spec"))
		},
		Warnings: cronJobWarnings,
		Status: &Status[*batchv1.CronJob]{
			Copy: func(to, from *batchv1.CronJob) { to.Status = *from.Status.DeepCopy() },

			ForeignFinalizers: true,
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Column("Schedule", spec["schedule"]),
			Column("Timezone", spec["timeZone"]),
			suspend,
			Integer(Column("Active", status["active"])),
			Column("Last Schedule", status["lastScheduleTime"]),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", batchv1.JobSpec{}.SwaggerDoc()["selector"]))),
		Row: cronJobRow,
	})
}

func defaultCronJob(c *batchv1.CronJob) {
	podspec.SetTemplateDefaults(&c.Spec.JobTemplate.Spec.Template)
	defaultPodFailurePolicy(c.Spec.JobTemplate.Spec.PodFailurePolicy)
	setIfZero(&c.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	setDefault(&c.Spec.Suspend, false)
	setDefault(&c.Spec.SuccessfulJobsHistoryLimit, 3)
	setDefault(&c.Spec.FailedJobsHistoryLimit, 1)
}

func cronJobRow(c *batchv1.CronJob, now time.Time) []any {
	lastSchedule := "<none>"
	if c.Status.LastScheduleTime != nil {
		lastSchedule = Age(*c.Status.LastScheduleTime, now)
	}
	suspend := "<unset>"
	if c.Spec.Suspend != nil {
		suspend = map[bool]string{true: "True", false: "False"}[*c.Spec.Suspend]
	}
	job := &c.Spec.JobTemplate.Spec
	names, images := containerCells(job.Template.Spec.Containers)
	return []any{
		c.Name, c.Spec.Schedule, ptr.Deref(c.Spec.TimeZone, "<none>"), suspend, int64(len(c.Status.Active)),
		lastSchedule, Age(c.CreationTimestamp, now), names, images, metav1.FormatLabelSelector(job.Selector),
	}
}

func cronJobWarnings(c, old *batchv1.CronJob) []string {
	var warnings []string
	if old == nil {
		warnings = nameWarnings(c.Name)
	} else if c.Generation == old.Generation {
		return nil
	}
	warnings = append(warnings, jobSpecWarnings(&c.Spec.JobTemplate.Spec, field.NewPath("spec", "jobTemplate", "spec"))...)
	if strings.Contains(c.Spec.Schedule, "TZ") {
		warnings = append(warnings, "spec.schedule: CRON_TZ or TZ used in spec.schedule is not officially supported, "+
			"see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details")
	}
	return warnings
}

func validateCronJob(c *batchv1.CronJob) field.ErrorList {
	errs := validateCronJobSpec(&c.Spec, field.NewPath("spec"))
	if len(c.Name) > maxCronJobName {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), c.Name, fmt.Sprintf("must be no more than %d characters", maxCronJobName)))
	}
	return errs
}

func validateCronJobSpec(spec *batchv1.CronJobSpec, path *field.Path) field.ErrorList {
	errs := validateSchedule(spec.Schedule, path.Child("schedule"))
	errs = append(errs, validateCounts(path, optionalCount("startingDeadlineSeconds", spec.StartingDeadlineSeconds))...)
	if spec.TimeZone != nil {
		errs = append(errs, validateTimeZone(*spec.TimeZone, path.Child("timeZone"))...)
	}
	errs = append(errs, validateRequiredOneOf(path.Child("concurrencyPolicy"), spec.ConcurrencyPolicy,
		batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)...)
	errs = append(errs, validateJobTemplate(&spec.JobTemplate.Spec, path.Child("jobTemplate", "spec"))...)
	return append(errs, validateCounts(path, optionalCount("successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit),
		optionalCount("failedJobsHistoryLimit", spec.FailedJobsHistoryLimit))...)
}

// validateJobTemplate checks the spec of jobs to come, whose selectors will be
// made with them.
func validateJobTemplate(spec *batchv1.JobSpec, path *field.Path) field.ErrorList {
	errs := validateJobSpec(spec, path)
	if spec.Selector != nil {
		errs = append(errs, field.Invalid(path.Child("selector"), spec.Selector, "`selector` will be auto-generated"))
	}
	if ptr.Deref(spec.ManualSelector, false) {
		errs = append(errs, field.NotSupported(path.Child("manualSelector"), true, []string{"nil", "false"}))
	}
	return errs
}

func validateSchedule(schedule string, path *field.Path) field.ErrorList {
	if schedule == "" {
		return field.ErrorList{field.Required(path, "").MarkBeta()}
	}
	var errs field.ErrorList
	if _, err := cron.ParseStandard(schedule); err != nil {
		errs = append(errs, field.Invalid(path, schedule, err.Error()))
	}
	if strings.Contains(schedule, "TZ") {
		errs = append(errs, field.Invalid(path, schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"))
	}
	return errs
}

// timeZonePart is a part of a name such as Asia/Shanghai.
var timeZonePart = pattern.Lazy(`^[A-Za-z\.\-_0-9+]{1,14}$`)

func validateTimeZone(zone string, path *field.Path) field.ErrorList {
	if zone == "" {
		return field.ErrorList{field.Invalid(path, zone, "timeZone must be nil or non-empty string")}
	}
	for _, part := range strings.Split(zone, "/") {
		if part == "." || part == ".." || strings.HasPrefix(part, "-") || !timeZonePart().MatchString(part) {
			return field.ErrorList{field.Invalid(path, zone, "unknown time zone "+zone)}
		}
	}
	var errs field.ErrorList
	if strings.EqualFold(zone, "Local") {
		errs = append(errs, field.Invalid(path, zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"))
	}
	if _, err := time.LoadLocation(zone); err != nil {
		errs = append(errs, field.Invalid(path, zone, err.Error()))
	}
	return errs
}
