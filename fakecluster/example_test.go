package fakecluster_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
)

// A cluster is there in a moment, and client-go talks to it without a socket.
func Example() {
	cluster, err := fakecluster.New()
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	client := kubernetes.NewForConfigOrDie(cluster.RESTConfig())
	nodes, err := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, node := range nodes.Items {
		fmt.Println(node.Name, node.Status.NodeInfo.KubeletVersion)
	}
	// Output:
	// node-1 v1.37.2
	// node-2 v1.37.2
	// node-3 v1.37.2
}

// Waiting costs no time: the cluster's clock jumps from one thing that happens
// to the next, until the condition holds.
func ExampleCluster_WaitFor() {
	cluster, err := fakecluster.New()
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	ctx := context.Background()
	deployments := kubernetes.NewForConfigOrDie(cluster.RESTConfig()).AppsV1().Deployments("default")
	if _, err := deployments.Create(ctx, exampleDeployment("nginx:1.27"), metav1.CreateOptions{}); err != nil {
		log.Fatal(err)
	}
	err = cluster.WaitFor(ctx, func(ctx context.Context) error {
		web, err := deployments.Get(ctx, "web", metav1.GetOptions{})
		if err == nil && web.Status.ReadyReplicas < 2 {
			err = fmt.Errorf("%d of 2 pods are ready", web.Status.ReadyReplicas)
		}
		return err
	})
	fmt.Println("ready:", err == nil)
	// Output: ready: true
}

// What can never happen is not waited for: the error says why.
func ExampleErrIdle() {
	cluster, err := fakecluster.New(fakecluster.WithNodes(0))
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	ctx := context.Background()
	deployments := kubernetes.NewForConfigOrDie(cluster.RESTConfig()).AppsV1().Deployments("default")
	if _, err := deployments.Create(ctx, exampleDeployment("nginx:1.27"), metav1.CreateOptions{}); err != nil {
		log.Fatal(err)
	}
	err = cluster.WaitFor(ctx, func(ctx context.Context) error {
		web, err := deployments.Get(ctx, "web", metav1.GetOptions{})
		if err == nil && web.Status.ReadyReplicas < 2 {
			err = fmt.Errorf("%d of 2 pods are ready", web.Status.ReadyReplicas)
		}
		return err
	})
	fmt.Println(errors.Is(err, fakecluster.ErrIdle))
	fmt.Println(err)
	// Output:
	// true
	// nothing in the cluster can change any more: 0 of 2 pods are ready
}

// Days pass in milliseconds.
func ExampleCluster_Advance() {
	cluster, err := fakecluster.New()
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	fmt.Println(cluster.Now().UTC().Format(time.DateTime))
	cluster.Advance(36 * time.Hour)
	fmt.Println(cluster.Now().UTC().Format(time.DateTime))
	// Output:
	// 2026-01-01 00:00:00
	// 2026-01-02 12:00:00
}

// A fork goes its own way: try something on it, and the original never knows.
func ExampleCluster_Fork() {
	cluster, err := fakecluster.New()
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	fork, err := cluster.Fork()
	if err != nil {
		log.Fatal(err)
	}
	defer fork.Close()
	ctx := context.Background()
	nodes := kubernetes.NewForConfigOrDie(fork.RESTConfig()).CoreV1().Nodes()
	if err := nodes.Delete(ctx, "node-1", metav1.DeleteOptions{}); err != nil {
		log.Fatal(err)
	}
	for _, c := range []*fakecluster.Cluster{cluster, fork} {
		list, err := kubernetes.NewForConfigOrDie(c.RESTConfig()).CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(list.Items))
	}
	// Output:
	// 3
	// 2
}

// Programs that can't be handed a transport reach the cluster over HTTPS, with
// a kubeconfig.
func ExampleCluster_Serve() {
	cluster, err := fakecluster.New(fakecluster.WithName("demo"))
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	listener, err := cluster.Serve(0)
	if err != nil {
		log.Fatal(err)
	}
	kubeconfig := listener.Kubeconfig()
	config, err := clientcmd.NewDefaultClientConfig(*kubeconfig, nil).ClientConfig()
	if err != nil {
		log.Fatal(err)
	}
	version, err := kubernetes.NewForConfigOrDie(config).ServerVersion()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(kubeconfig.CurrentContext, version)
	// Output: demo v1.37.2
}

func exampleDeployment(image string) *appsv1.Deployment {
	replicas, labels := int32(2), map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
			},
		},
	}
}
