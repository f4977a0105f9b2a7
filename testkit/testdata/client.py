"""What users of the Python client do, against the cluster of $KUBECONFIG."""

import json
import unittest

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward, stream


def deployment(name, replicas):
    labels = {"app": name}
    container = client.V1Container(name="web", image="nginx:1.27", ports=[client.V1ContainerPort(container_port=80)])
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(name=name),
        spec=client.V1DeploymentSpec(
            replicas=replicas,
            selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
            ),
        ),
    )


def message(error):
    return json.loads(error.body)["message"]


class Workloads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.core, cls.apps, cls.batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()
        cls.apps.create_namespaced_deployment("default", deployment("web", 3))
        watching = watch.Watch()
        for event in watching.stream(cls.apps.list_namespaced_deployment, "default", timeout_seconds=60):
            if event["object"].status.ready_replicas == 3:
                watching.stop()
        cls.pod = cls.core.list_namespaced_pod("default", label_selector="app=web").items[0].metadata.name

    def test_log(self):
        log = self.core.read_namespaced_pod_log(self.pod, "default", tail_lines=1)
        self.assertIn("start worker process", log)

    def test_exec(self):
        said = stream(
            self.core.connect_get_namespaced_pod_exec, self.pod, "default",
            command=["sh", "-c", "echo out; echo err >&2"], stdout=True, stderr=True, stdin=False, tty=False,
        )
        self.assertEqual({"out", "err"}, set(said.split()))

    def test_exec_with_input_and_exit_code(self):
        shell = stream(
            self.core.connect_get_namespaced_pod_exec, self.pod, "default",
            command=["sh"], stdout=True, stderr=True, stdin=True, tty=False, _preload_content=False,
        )
        shell.write_stdin("echo one; exit 3\n")
        shell.run_forever(timeout=60)
        self.assertEqual(("one\n", 3), (shell.read_stdout(), shell.returncode))

    def test_port_forward(self):
        forward = portforward(self.core.connect_get_namespaced_pod_portforward, self.pod, "default", ports="80,81")
        web, nobody = forward.socket(80), forward.socket(81)
        web.setblocking(True)
        web.sendall(b"GET / HTTP/1.0\r\n\r\n")
        self.assertIn(b"200 OK", web.recv(64))
        nobody.setblocking(True)
        self.assertEqual(b"", nobody.recv(64))
        self.assertIsNone(forward.error(80))
        self.assertIn("dial tcp4 127.0.0.1:81: connect: connection refused", forward.error(81))

    def test_job(self):
        template = {"spec": {"restartPolicy": "Never", "containers": [
            {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo done"]}]}}
        utils.create_from_dict(client.ApiClient(), {
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": template}})
        watching = watch.Watch()
        for event in watching.stream(self.batch.list_namespaced_job, "default", timeout_seconds=60):
            if event["object"].status.succeeded:
                watching.stop()
        self.assertEqual(1, self.batch.read_namespaced_job_status("once", "default").status.succeeded)


class Objects(unittest.TestCase):
    def test_version(self):
        self.assertTrue(client.VersionApi().get_code().git_version.startswith("v1."))

    def test_errors(self):
        with self.assertRaises(ApiException) as missing:
            client.CoreV1Api().read_namespaced_pod("nope", "default")
        self.assertEqual((404, 'pods "nope" not found'), (missing.exception.status, message(missing.exception)))
        config_map = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="twice"))
        client.CoreV1Api().create_namespaced_config_map("default", config_map)
        with self.assertRaises(ApiException) as twice:
            client.CoreV1Api().create_namespaced_config_map("default", config_map)
        self.assertEqual((409, 'configmaps "twice" already exists'), (twice.exception.status, message(twice.exception)))

    def test_patches(self):
        apps = client.AppsV1Api()
        apps.create_namespaced_deployment("default", deployment("patched", 0))
        scaled = apps.patch_namespaced_deployment_scale("patched", "default", {"spec": {"replicas": 2}})
        self.assertEqual(2, scaled.spec.replicas)
        operations = [{"op": "replace", "path": "/spec/replicas", "value": 1}]
        self.assertEqual(1, apps.patch_namespaced_deployment("patched", "default", operations).spec.replicas)

    def test_dynamic_client(self):
        maps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "dynamic"}, "data": {"a": "b"}}
        maps.create(body=body, namespace="default")
        self.assertEqual("b", maps.get(name="dynamic", namespace="default").data.a)
        seen = maps.watch(namespace="default", field_selector="metadata.name=dynamic", timeout=60)
        self.assertEqual("ADDED", next(seen)["type"])

    def test_custom_resources(self):
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        utils.create_from_dict(client.ApiClient(), {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "foos.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"kind": "Foo", "plural": "foos"},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
            },
        })
        foos, where = client.CustomObjectsApi(), ("example.com", "v1", "default", "foos")
        foo = {"apiVersion": "example.com/v1", "kind": "Foo", "metadata": {"name": "f"}, "spec": {"x": 1}}
        foos.create_namespaced_custom_object(*where, foo)
        self.assertEqual({"x": 1}, foos.list_namespaced_custom_object(*where)["items"][0]["spec"])

    def test_access_review(self):
        review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
        self.assertTrue(client.AuthorizationV1Api().create_self_subject_access_review(review).status.allowed)

    def test_token(self):
        asked = {"spec": {"audiences": ["shop"]}}
        given = client.CoreV1Api().create_namespaced_service_account_token("default", "default", asked)
        self.assertEqual(3, len(given.status.token.split(".")))


if __name__ == "__main__":
    config.load_kube_config()
    unittest.main()
