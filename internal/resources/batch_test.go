package resources

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const jobTemplate = "template: {spec: {restartPolicy: Never, containers: [{name: c, image: perl}]}}"

func TestJobValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns, uid: u}\n"
	runValidation(t, builtin(t, "Job"), []validationCase{
		{name: "valid", manifest: meta + "spec: {" + jobTemplate + "}"},
		{name: "no restart policy", manifest: meta + "spec: {template: {spec: {containers: [{name: c, image: perl}]}}}", want: []string{
			`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`}},
		{name: "indexed without completions", manifest: meta + "spec: {completionMode: Indexed, parallelism: 2, " + jobTemplate + "}", want: []string{
			"spec.completions: Required value: when completion mode is Indexed"}},
		{name: "manual without selector", manifest: meta + "spec: {manualSelector: true, " + jobTemplate + "}", want: []string{
			"spec.selector: Required value", "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`"}},
		{name: "policy for no container", manifest: meta + "spec: {podFailurePolicy: {rules: [{action: Foo, onExitCodes: {containerName: d, operator: In, values: [3, 0]}}]}, " + jobTemplate + "}", want: []string{
			`spec.podFailurePolicy.rules[0].action: Unsupported value: "Foo": supported values: "Count", "FailIndex", "FailJob", "Ignore"`,
			`spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "d": must be one of the container or initContainer names in the pod template`,
			"spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
			"spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0]: must be ordered"}},
		{name: "more successes than pods", manifest: meta + "spec: {completionMode: Indexed, completions: 2, successPolicy: {rules: [{succeededIndexes: \"0-1\", succeededCount: 3}]}, " + jobTemplate + "}", want: []string{
			"spec.successPolicy.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of specified completions)",
			"spec.successPolicy.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)"}},
	})
}

func createdJob(t *testing.T, spec string) *batchv1.Job {
	t.Helper()
	kind := builtin(t, "Job")
	j := fromManifest(t, kind, "metadata: {name: x, namespace: ns, uid: u}\nspec: {"+spec+jobTemplate+"}").(*batchv1.Job)
	kind.PrepareForCreate(j)
	return j
}

func TestJobSelectsItsPodsByUID(t *testing.T) {
	j := createdJob(t, "")
	require.Equal(t, map[string]string{"batch.kubernetes.io/controller-uid": "u"}, j.Spec.Selector.MatchLabels)
	want := map[string]string{"batch.kubernetes.io/controller-uid": "u", "batch.kubernetes.io/job-name": "x", "controller-uid": "u", "job-name": "x"}
	require.Equal(t, want, j.Spec.Template.Labels)
	require.Equal(t, want, j.Labels)
}

func TestJobTemplateChangesOnlyAtRest(t *testing.T) {
	kind := builtin(t, "Job")
	old := createdJob(t, "suspend: true, ")
	j := old.DeepCopy()
	j.Spec.Template.Spec.NodeSelector = map[string]string{"a": "b"}
	require.Empty(t, kind.ValidateUpdate(j, old))
	j.Spec.Template.Spec.Containers[0].Image = "python"
	errs := kind.ValidateUpdate(j, old)
	require.Len(t, errs, 1)
	require.Equal(t, "spec.template.spec", errs[0].Field)
	require.Equal(t, "field is immutable", errs[0].Detail)
}

func TestJobStatusValidation(t *testing.T) {
	old := createdJob(t, "")
	validate := builtin(t, "Job").Subresources["status"].Update.Validate
	now := metav1.Unix(100, 0)
	j := old.DeepCopy()
	j.Status = batchv1.JobStatus{StartTime: &now, Succeeded: 1, Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}}
	require.Equal(t, []string{
		"status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
		"status.completionTime: Required value: completionTime is required for Complete jobs",
	}, messagesOf(validate(j, old)))
	j.Status.CompletionTime = &now
	j.Status.Conditions = append(j.Status.Conditions, batchv1.JobCondition{Type: batchv1.JobSuccessCriteriaMet, Status: corev1.ConditionTrue})
	require.Empty(t, validate(j, old))
	require.Equal(t, []string{
		"status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
		"status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
		"status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",
		"status.startTime: Invalid value: null: field is immutable for unsuspended job once set",
	}, messagesOf(validate(old, j)))

	suspended, resumed, later := createdJob(t, ""), createdJob(t, ""), metav1.Unix(200, 0)
	suspended.Status = batchv1.JobStatus{StartTime: &now, Conditions: []batchv1.JobCondition{{Type: batchv1.JobSuspended, Status: corev1.ConditionTrue}}}
	resumed.Status = batchv1.JobStatus{StartTime: &later, Conditions: []batchv1.JobCondition{{Type: batchv1.JobSuspended, Status: corev1.ConditionFalse}}}
	require.Empty(t, validate(resumed, suspended))
}

func TestJobRow(t *testing.T) {
	for _, c := range []struct {
		name, manifest string
		want           []any
	}{
		{"running", "status: {startTime: \"1970-01-01T00:01:50Z\"}", []any{"Running", "0/1", "10s"}},
		{"work queue", "spec: {parallelism: 3}\nstatus: {succeeded: 1}", []any{"Running", "1/1 of 3", ""}},
		{"complete", "status: {succeeded: 1, startTime: \"1970-01-01T00:00:10Z\", completionTime: \"1970-01-01T00:00:15Z\", conditions: [{type: Complete, status: \"True\"}]}",
			[]any{"Complete", "1/1", "5s"}},
		{"failed", "status: {conditions: [{type: FailureTarget, status: \"True\"}, {type: Failed, status: \"True\"}]}", []any{"Failed", "0/1", ""}},
		{"suspended", "status: {conditions: [{type: Suspended, status: \"True\"}]}", []any{"Suspended", "0/1", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, cellsOf(t, builtin(t, "Job"), createdAtEpoch+c.manifest)[1:4])
		})
	}
}

func TestIndexes(t *testing.T) {
	for _, c := range []struct {
		indexes, err string
		count        int
	}{
		{"", "", 0},
		{"1,3-5,7", "", 5},
		{"1-2-3", `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`, 0},
		{"a", `cannot convert string to integer for index: "a"`, 0},
		{"3,2", "non-increasing order, previous: 3, current: 2", 0},
		{"10", `too large index: "10"`, 0},
	} {
		ranges, err := parseIndexes(c.indexes, 10)
		if c.err != "" {
			require.EqualError(t, err, c.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.count, ranges.len())
	}
	a, _ := parseIndexes("0-3,8", 10)
	b, _ := parseIndexes("4-6,8-9", 10)
	at, both := a.overlap(b)
	require.True(t, both)
	require.Equal(t, 8, at)
}

func TestCronJobValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	const rest = "jobTemplate: {spec: {" + jobTemplate + "}}}"
	runValidation(t, builtin(t, "CronJob"), []validationCase{
		{name: "valid", manifest: meta + "spec: {schedule: '*/5 * * * *', timeZone: Asia/Shanghai, " + rest},
		{name: "no schedule", manifest: meta + "spec: {" + rest, want: []string{"spec.schedule: Required value"}},
		{name: "broken schedule", manifest: meta + "spec: {schedule: '* * *', " + rest, want: []string{
			`spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]`}},
		{name: "zone in schedule", manifest: meta + "spec: {schedule: 'TZ=UTC * * * * *', " + rest, want: []string{
			`spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead`}},
		{name: "unknown zone", manifest: meta + "spec: {schedule: '* * * * *', timeZone: Mars/Crater, " + rest, want: []string{
			`spec.timeZone: Invalid value: "Mars/Crater": unknown time zone Mars/Crater`}},
		{name: "long name", manifest: "metadata: {name: a1234567890123456789012345678901234567890123456789012, namespace: ns}\nspec: {schedule: '* * * * *', " + rest, want: []string{
			`metadata.name: Invalid value: "a1234567890123456789012345678901234567890123456789012": must be no more than 52 characters`}},
	})
}

func TestCronJobRow(t *testing.T) {
	kind := builtin(t, "CronJob")
	require.Equal(t, []any{"x", "@hourly", "<none>", "False", int64(0), "<none>", "2m", "c", "perl", "<none>"},
		cellsOf(t, kind, createdAtEpoch+"spec: {schedule: '@hourly', jobTemplate: {spec: {"+jobTemplate+"}}}"))
	j := fromManifest(t, kind, "spec: {suspend: true, timeZone: UTC}\nstatus: {lastScheduleTime: \"1970-01-01T00:01:30Z\"}")
	require.Equal(t, []any{"UTC", "True", int64(0), "30s"}, kind.Row(j, time.Unix(120, 0))[2:6])
}
