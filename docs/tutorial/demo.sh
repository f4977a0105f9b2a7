#!/bin/sh
# The tutorial, from its first command to its last, on the cluster that
# KUBECONFIG names. Each command is shown with its output; the first one that
# does not do what the tutorial says ends the tour.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
chapter() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
show() {
	printf '\n$ %s\n' "$*"
	"$@"
}
# refused shows a command that must fail.
refused() {
	printf '\n$ %s\n' "$*"
	if "$@"; then
		echo "this should have been refused" >&2
		exit 1
	fi
}
file() {
	cat >"$1"
	printf '\n# %s\n' "$1"
	cat "$1"
}
first_pod() { kubectl get pods -l "$1" -o jsonpath='{.items[0].metadata.name}'; }

chapter "Deploy an application"
file nginx-deployment.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
  labels:
    app: nginx
spec:
  replicas: 1
  selector:
    matchLabels:
      app: nginx
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.7.9
YAML
show kubectl apply -f nginx-deployment.yaml
show kubectl rollout status deployment/nginx-deployment
show kubectl get deployments
show kubectl get pods

chapter "Look at pods and nodes"
show kubectl get nodes
show kubectl get deployments -A
show kubectl get deployments --all-namespaces
show kubectl get deployments -n kube-system
pod=$(first_pod app=nginx)
show kubectl describe pod "$pod"
show kubectl describe deployment nginx-deployment
show kubectl logs "$pod"
show kubectl exec "$pod" -- /bin/bash -c 'hostname; nginx -v'

chapter "Publish an application"
file nginx-service.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: nginx-service
  labels:
    app: nginx
spec:
  selector:
    app: nginx
  ports:
  - name: nginx-port
    protocol: TCP
    port: 80
    nodePort: 32600
    targetPort: 80
  type: NodePort
YAML
show kubectl apply -f nginx-service.yaml
show kubectl get services -o wide
node=$(kubectl get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}')
show kubectl exec "$pod" -- curl -s "$node:32600"

chapter "Scale an application"
sed -e 's/replicas: 1/replicas: 4/' -e 's/image: nginx:1.7.9/image: nginx:1.7.9\n        ports:\n        - containerPort: 80/' nginx-deployment.yaml >scaled.yaml
mv scaled.yaml nginx-deployment.yaml
show kubectl apply -f nginx-deployment.yaml
show kubectl rollout status deployment/nginx-deployment
show kubectl get pods -o wide

chapter "Roll out a new version"
sed 's/nginx:1.7.9/nginx:1.8/' nginx-deployment.yaml >next.yaml
mv next.yaml nginx-deployment.yaml
show kubectl apply -f nginx-deployment.yaml
show kubectl rollout status deployment/nginx-deployment
show kubectl get pods -l app=nginx
show kubectl rollout history deployment/nginx-deployment

chapter "Nodes"
show kubectl get nodes -o wide
show kubectl describe node node-1
file node.yaml <<'YAML'
kind: Node
apiVersion: v1
metadata:
  name: "10.240.79.157"
  labels:
    name: "my-first-k8s-node"
YAML
show kubectl create -f node.yaml
show kubectl get nodes
show kubectl delete -f node.yaml
show kubectl cordon node-1
show kubectl get nodes
show kubectl uncordon node-1

chapter "Manage objects"
show kubectl run nginx --image nginx
show kubectl create deployment nginx --image nginx
show kubectl delete deployment nginx
show kubectl delete pod nginx
file nginx.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: nginx
spec:
  containers:
  - name: nginx
    image: nginx:1.7.9
YAML
file redis.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: redis
spec:
  containers:
  - name: redis
    image: redis:7
YAML
show kubectl create -f nginx.yaml
show kubectl create -f redis.yaml
sed 's/1.7.9/1.8/' nginx.yaml >newer.yaml && mv newer.yaml nginx.yaml
kubectl get pod nginx -o yaml | sed 's/image: nginx:1.7.9/image: nginx:1.8/' >replacement.yaml
show kubectl replace -f replacement.yaml
show kubectl delete -f nginx.yaml -f redis.yaml
mkdir -p configs/more
cp nginx.yaml configs/
cp redis.yaml configs/more/
printf '\n$ kubectl diff -f configs/\n'
kubectl diff -f configs/ || test $? = 1
show kubectl apply -f configs/
printf '\n$ kubectl diff -R -f configs/\n'
kubectl diff -R -f configs/ || test $? = 1
show kubectl apply -R -f configs/

chapter "Names"
refused kubectl create namespace Not_A_Name
refused kubectl create configmap 'no spaces'

chapter "Namespaces"
show kubectl get namespaces
show kubectl describe namespaces default
file my-namespace.yaml <<'YAML'
apiVersion: v1
kind: Namespace
metadata:
  name: development
  labels:
    name: development
YAML
show kubectl create -f ./my-namespace.yaml
show kubectl create namespace production
show kubectl get namespaces --show-labels
show kubectl config view
show kubectl config current-context
cluster=$(kubectl config view -o jsonpath='{.contexts[0].context.cluster}')
user=$(kubectl config view -o jsonpath='{.contexts[0].context.user}')
home=$(kubectl config current-context)
show kubectl config set-context dev --namespace=development --cluster="$cluster" --user="$user"
show kubectl config set-context prod --namespace=production --cluster="$cluster" --user="$user"
show kubectl config use-context dev
show kubectl run snowflake --image=nginx:1.7.9 --replicas=2
show kubectl rollout status deployment/snowflake
show kubectl get deployment
show kubectl get pods -l run=snowflake
show kubectl config use-context prod
show kubectl get deployment
show kubectl get pods
show kubectl run cattle --image=nginx:1.7.9 --replicas=5
show kubectl rollout status deployment/cattle
show kubectl get deployment
show kubectl get pods -l run=cattle
show kubectl config use-context "$home"
show kubectl config set-context --current --namespace=production
printf '\n$ kubectl config view --minify | grep namespace:\n'
kubectl config view --minify | grep namespace:
show kubectl config set-context --current --namespace=default
show kubectl delete namespaces development
show kubectl delete namespaces production

chapter "Labels and selectors"
show kubectl label pod redis environment=production tier=cache
show kubectl get pods -l environment=production,tier=cache
show kubectl get pods -l 'environment in (production),tier in (frontend,cache)'
show kubectl get pods -l '!environment'

chapter "Field selectors"
show kubectl get pods --field-selector status.phase=Running
refused kubectl get ingress --field-selector foo.bar=baz
show kubectl get services --all-namespaces --field-selector metadata.namespace!=default
show kubectl get pods --field-selector=status.phase!=Running,spec.restartPolicy=Always
show kubectl get statefulsets,services --all-namespaces --field-selector metadata.namespace!=default

chapter "Environment of a container"
show kubectl exec redis -- hostname
show kubectl run env --image=busybox --restart=Never -- sh -c 'env | grep NGINX_SERVICE | sort'
show kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/env
show kubectl logs env

chapter "Services and names"
file my-service.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  selector:
    app: nginx
  ports:
  - name: http
    protocol: TCP
    port: 80
    targetPort: 80
  - name: https
    protocol: TCP
    port: 443
    targetPort: 9377
YAML
show kubectl apply -f my-service.yaml
show kubectl get endpoints my-service
show kubectl run client --image=busybox --command -- sleep infinity
show kubectl wait --for=condition=Ready pod/client
show kubectl exec client -- nslookup my-service.default.svc.cluster.local
show kubectl exec client -- wget -q -O - http://my-service
file external.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: external
spec:
  ports:
  - protocol: TCP
    port: 80
    targetPort: 9376
---
apiVersion: v1
kind: Endpoints
metadata:
  name: external
subsets:
- addresses:
  - ip: 192.0.2.42
  ports:
  - port: 9376
YAML
show kubectl apply -f external.yaml
show kubectl describe service external
refused kubectl create service nodeport taken --tcp=80 --node-port=32600
refused kubectl create service clusterip outside --tcp=80 --clusterip=192.0.2.1

chapter "That is all"
