package create

import (
	"cmp"
	"fmt"
	"maps"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
)

type job struct{ image, from string }

func newJob(f *factory.Factory) *cobra.Command {
	o := &job{}
	g := &generator{
		resource: batchv1.SchemeGroupVersion.WithResource("jobs"),
		failed:   "failed to create job: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:   "job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]",
		Short: "Create a job with the specified name",
	})
	cmd.Flags().StringVar(&o.image, "image", "", "Image to run.")
	cmd.Flags().StringVar(&o.from, "from", "", "CronJob whose template to run now, as cronjob/NAME.")
	return cmd
}

func (o *job) make(in input) (runtime.Object, error) {
	if (o.image == "") == (o.from == "") {
		return nil, fmt.Errorf("either --image or --from must be specified")
	}
	if len(in.command) > 0 && o.from != "" {
		return nil, fmt.Errorf("cannot specify --from and command")
	}
	made := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
	}
	if o.from != "" {
		return made, o.fromCronJob(in, made)
	}
	made.Spec = jobSpec(in, o.image, corev1.RestartPolicyNever)
	return made, nil
}

// jobSpec runs one container once.
func jobSpec(in input, image string, restart corev1.RestartPolicy) batchv1.JobSpec {
	return batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Containers:    []corev1.Container{{Name: in.name, Image: image, Command: in.command}},
		RestartPolicy: restart,
	}}}
}

// fromCronJob makes the job that a CronJob would start now.
func (o *job) fromCronJob(in input, made *batchv1.Job) error {
	infos, err := in.f.NewTypedBuilder().
		NamespaceParam(in.namespace).DefaultNamespace().
		ResourceTypeOrNameArgs(false, o.from).
		Flatten().
		Latest().
		Do().
		Infos()
	if err != nil {
		return err
	}
	if len(infos) != 1 {
		return fmt.Errorf("from must be an existing cronjob")
	}
	cronJob, ok := infos[0].Object.(*batchv1.CronJob)
	if !ok {
		return fmt.Errorf("unknown object type %T", infos[0].Object)
	}
	controller := true
	made.Annotations = map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}
	maps.Copy(made.Annotations, cronJob.Spec.JobTemplate.Annotations)
	made.Labels = cronJob.Spec.JobTemplate.Labels
	made.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: "batch/v1", Kind: "CronJob", Name: cronJob.Name, UID: cronJob.UID, Controller: &controller,
	}}
	made.Spec = cronJob.Spec.JobTemplate.Spec
	return nil
}

type cronJob struct{ image, schedule, restart string }

func newCronJob(f *factory.Factory) *cobra.Command {
	o := &cronJob{}
	g := &generator{
		resource: batchv1.SchemeGroupVersion.WithResource("cronjobs"),
		failed:   "failed to create cronjob: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...]",
		Aliases: []string{"cj"},
		Short:   "Create a cron job with the specified name",
	})
	cmd.Flags().StringVar(&o.image, "image", "", "Image to run.")
	_ = cmd.MarkFlagRequired("image")
	cmd.Flags().StringVar(&o.schedule, "schedule", "", "When to run it, in the form of cron.")
	_ = cmd.MarkFlagRequired("schedule")
	cmd.DisableFlagsInUseLine = false
	cmd.Flags().StringVar(&o.restart, "restart", "", "Restart policy of its pods: OnFailure, which is the default, or Never.")
	return cmd
}

func (o *cronJob) make(in input) (runtime.Object, error) {
	return &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Namespace: in.ownNamespace},
		Spec: batchv1.CronJobSpec{
			Schedule: o.schedule,
			JobTemplate: batchv1.JobTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Name: in.name},
				Spec:       jobSpec(in, o.image, corev1.RestartPolicy(cmp.Or(o.restart, string(corev1.RestartPolicyOnFailure)))),
			},
		},
	}, nil
}
