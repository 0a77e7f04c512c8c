# `make` lists the targets. Go, make and a shell are all they need; tools and the local control plane are built from pinned Go
# modules.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# A build must not depend on a C compiler, nor on who owns the clone: git refuses to describe one that belongs to somebody else.
export CGO_ENABLED ?= 0
# All commands share their flags, so that most of Kubernetes is compiled once for the control plane, the product and the tests. For
# a build that is the same in every folder: make build GOFLAGS=-trimpath
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

BIN   := bin
TOOLS := $(BIN)/tools
CONTROLLER_GEN := $(TOOLS)/controller-gen
GOLANGCI_LINT  := $(TOOLS)/golangci-lint

# The slowest package, the end-to-end tests, starts control planes of its own.
TEST_TIMEOUT ?= 20m
# Tests may be narrowed: make test TESTFLAGS='-run TestScaleDown'
TESTFLAGS ?=

##@ Use

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: build control-plane ## show the main job: pods, machines bought for them, and an empty cloud at the end
	$(BIN)/vpsie-demo

.PHONY: cluster
cluster: control-plane ## run a local control plane until Ctrl-C; bin/cluster.kubeconfig leads to it
	@echo 'In another terminal: kubectl --kubeconfig $(BIN)/cluster.kubeconfig get namespaces'
	$(BIN)/cluster up -kubeconfig $(BIN)/cluster.kubeconfig

##@ Develop

.PHONY: build
build: ## compile the binaries into bin/
	go build -o $(BIN)/vpsie-autoscaler ./cmd/vpsie-autoscaler
	go build -o $(BIN)/vpsie-sim ./cmd/vpsie-sim
	go build -o $(BIN)/kubectl-vpsie ./cmd/kubectl-vpsie
	go build -o $(BIN)/vpsie-demo ./test/demo

# Kubernetes is told its version at link time, as that of the local control plane is: features depend on it.
KUBERNETES       = $(shell sed -n 's|^[[:space:]]*k8s.io/kubernetes ||p' extender/scheduler/go.mod)
KUBERNETES_PARTS = $(subst ., ,$(KUBERNETES:v%=%))
KUBERNETES_FLAGS = gitVersion=$(KUBERNETES) gitMajor=$(word 1,$(KUBERNETES_PARTS)) gitMinor=$(word 2,$(KUBERNETES_PARTS)) \
	gitCommit=module-$(KUBERNETES) gitTreeState=clean

.PHONY: scheduler
scheduler: ## build the optional kube-scheduler with our PostFilter plugin
	go build -C extender/scheduler -ldflags '-s -w $(KUBERNETES_FLAGS:%=-X k8s.io/component-base/version.%)' -o ../../$(BIN)/vpsie-kube-scheduler .

.PHONY: test
test: build control-plane ## run all tests, those on a real control plane included
	@status=0; set -x; \
	go test -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./... || status=1; \
	go test -C test/cluster -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./... || status=1; \
	go test -C extender/scheduler -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./... || status=1; \
	go test -C test/conformance -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./... || status=1; \
	go test -C test/bench -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./contest ./report ./scenarios || status=1; \
	exit $$status

# Flags of the comparison of planners: make bench BENCHFLAGS=-slow
BENCHFLAGS ?=
# Flags and parts of what is measured with kube-scheduler: make bench SCHEDULINGFLAGS='-seeds 1 agreement'
SCHEDULINGFLAGS ?=

# The Go benchmarks of this module, then both planners on the same scenarios and ours beside the optimum, then the extender with the real
# kube-scheduler.
.PHONY: bench
bench: build control-plane ## run the benchmarks, compare the planner, measure the extender, and write docs/performance.md
	go test -run '^$$' -bench . -benchmem $$(grep -rl '^func Benchmark' --include='*_test.go' --exclude-dir=cluster --exclude-dir=conformance --exclude-dir=scheduler . | xargs -n 1 dirname | sort -u)
	@echo 'building Karpenter for the comparison; the first time takes some minutes'
	go build -C test/bench -o ../../$(BIN)/bench .
	$(BIN)/bench -write docs/performance.md $(BENCHFLAGS)
	go run ./test/scheduling -write docs/performance.md $(SCHEDULINGFLAGS)

.PHONY: lint
lint: $(GOLANGCI_LINT) ## check style, mistakes and import directions
	$(GOLANGCI_LINT) run ./...
	cd extender/scheduler && $(CURDIR)/$(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...

.PHONY: format
format: $(GOLANGCI_LINT) ## format the code and sort its imports
	$(GOLANGCI_LINT) fmt ./...

##@ Generate

.PHONY: generate
generate: $(CONTROLLER_GEN) ## write the code and the documents that follow from other code
	$(CONTROLLER_GEN) object paths=./api/...
	go test ./test/docs -update

.PHONY: manifests
manifests: $(CONTROLLER_GEN) ## write manifests/crds from the types in api/
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:dir=manifests/crds

# Generated anew into another folder and compared, so that neither git nor a clean working copy is needed. The documents are
# compared by the tests of test/docs. The underscore hides the folder from the go command.
.PHONY: verify-generated
verify-generated: $(CONTROLLER_GEN) ## fail when a generated file is missing, outdated or left over
	rm -rf $(BIN)/_generated && mkdir -p $(BIN)/_generated/api
	$(CONTROLLER_GEN) object crd paths=./api/... output:object:dir=$(BIN)/_generated/api output:crd:dir=$(BIN)/_generated/crds
	diff -u api/v1alpha1/zz_generated.deepcopy.go $(BIN)/_generated/api/zz_generated.deepcopy.go
	diff -ru manifests/crds $(BIN)/_generated/crds
	go test ./test/docs

##@ Prepare

.PHONY: tools
tools: $(CONTROLLER_GEN) $(GOLANGCI_LINT) ## compile the pinned tools into bin/tools

.PHONY: control-plane
control-plane: ## compile the local control plane; the first time takes five to ten minutes on 2 cores
	go build -C test/cluster -o ../../$(BIN)/cluster ./cmd/cluster
	$(BIN)/cluster build

.PHONY: clean
clean: ## remove everything that was built; Go's own caches stay
	rm -rf $(BIN)

# Each tool is built once for each change of the module that pins it.
$(CONTROLLER_GEN): internal/tools/go.mod internal/tools/go.sum internal/tools/generate/main.go
	go build -C internal/tools -o ../../$@ ./generate

$(GOLANGCI_LINT): internal/tools/lint/go.mod internal/tools/lint/go.sum
	@echo 'building golangci-lint; the first time takes some minutes'
	go build -C internal/tools/lint -trimpath -o ../../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
