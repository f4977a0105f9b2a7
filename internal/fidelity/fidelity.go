// Package fidelity sends the same requests to Kubernetes' own API server and to
// ours, and compares the answers: status, warnings and body, byte for byte
// where neither chance nor the clock has had a part in them.
//
// What is sent are the requests of testdata/requests, as they stand, and
// mutations of testdata/objects: each field left out, emptied, of the wrong
// type, out of bounds or, where absent, present. They are dry runs, so that one
// server answers thousands of them. known_differences.txt says what may differ,
// and why.
//
// What else is compared has a test each: statuses (TestStatuses), the forms in
// which objects can be had (TestForms), the rows of tables (TestTables), field
// selectors (TestFieldSelectors), the manifests of Kubernetes' own tests and
// add-ons (TestManifests), what controllers and the scheduler do (TestControllers,
// TestScheduler), what users may (TestAuthorization, TestRoles), what plugins
// refuse (TestAdmission), and command lines of both kubectls against Kubernetes'
// own control plane (TestCommands).
//
// The reference (etcd, kube-apiserver, kube-controller-manager and
// kube-scheduler) is built by `make reference-controlplane`; without it the
// tests skip. The package is only used by tests.
package fidelity
