# kubejig: the commands of everyday work. `make test` is all that CI runs.

GO ?= go
BIN := bin

.PHONY: demo test compat bench race lint fuzz reference reference-controlplane fidelity prepare docs clean

# Runs the tutorial on a fake cluster and shows each command with its output.
demo:
	$(GO) run . cluster run --clock auto -- sh docs/tutorial/demo.sh

# Installs what the tests need where it can, and runs them all.
test: prepare reference
	$(GO) vet ./...
	GOOS=darwin $(GO) build ./...
	GOOS=windows $(GO) build ./...
	$(GO) test ./...

# Debian packages that tests of real nodes need. Elsewhere, and without root,
# those tests skip and say so.
prepare:
	sh internal/provision/packages.sh

# The reference kubectl and helm, which the tests compare with. kubectl is told
# its version when it is linked, as its own releases are.
KUBECTL_VERSION := -X k8s.io/component-base/version.gitVersion=v1.37.2 \
	-X k8s.io/client-go/pkg/version.gitVersion=v1.37.2 \
	-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37
reference:
	cd internal/reference && $(GO) build -ldflags '$(KUBECTL_VERSION)' -o ../../$(BIN)/reference/kubectl ./kubectl
	cd internal/reference && $(GO) build -o ../../$(BIN)/reference/helm ./helm

# Kubernetes' own control plane, which internal/fidelity compares ours with: some
# seven minutes on two cores when nothing is cached.
REFERENCE_VERSION := -X k8s.io/component-base/version.gitVersion=v1.37.2 \
	-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37 \
	-X k8s.io/component-base/version.gitTreeState=clean
reference-controlplane:
	cd internal/reference/controlplane && CGO_ENABLED=0 $(GO) build -o ../../../$(BIN)/reference/etcd go.etcd.io/etcd/server/v3
	cd internal/reference/controlplane && CGO_ENABLED=0 $(GO) build -ldflags '$(REFERENCE_VERSION)' -o ../../../$(BIN)/reference/ \
		k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kube-scheduler

# Thousands of requests to Kubernetes' own API server and to ours, and their answers
# side by side.
fidelity: reference-controlplane
	$(GO) test ./internal/fidelity -count=1 -parallel 8 -timeout 1h -v

# Every command line of internal/compat, ours and the reference's side by side,
# and then, with FUZZ=5m, random ones for that long.
compat: reference
	KUBEJIG_COMPAT_ALL=1 KUBEJIG_COMPAT_FUZZ=$(FUZZ) $(GO) test ./internal/compat -count=1 -timeout 2h -v

# Speed and memory; see docs/performance.md for the targets. The command lines
# are run side by side with the reference kubectl's.
bench: reference
	$(GO) test -run '^$$' -bench . -benchmem $$($(GO) list ./... | grep -v internal/sidebyside)
	$(GO) test -run '^$$' -bench . -benchtime 5x -timeout 1h ./internal/sidebyside

race:
	$(GO) test -race -timeout 1h ./...

lint:
	$(GO) vet ./...
	$(GO) test ./internal/lint

# A minute for each fuzz target: make fuzz FUZZTIME=10m for more.
FUZZTIME ?= 1m
fuzz:
	sh internal/provision/fuzz.sh $(FUZZTIME)

# The reference in docs/reference, from the commands themselves.
docs:
	$(GO) run ./internal/manual -markdown docs/reference

clean:
	rm -rf $(BIN) dist
