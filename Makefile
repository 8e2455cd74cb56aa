# Throughline. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

MODULES  := gen $(addprefix services/,internal interaction-log context gateway client suite e2e)
# The binaries, and the folder below services/ that each one's main package is in.
BINARIES := throughline interactionlogd contextd gatewayd
DIR_throughline     := suite
DIR_interactionlogd := interaction-log
DIR_contextd        := context
DIR_gatewayd        := gateway
TOOLS    := $(CURDIR)/.bin
PROTOS   := .third_party/protos
VERSION  ?= $(shell git describe --tags --dirty 2>/dev/null || echo dev)
COMMIT   := $(shell git describe --always --dirty --exclude '*' 2>/dev/null || echo unknown)
BUILD    := github.com/throughline-cx/throughline/services/suite/internal/build
LDFLAGS  := -s -w -X $(BUILD).version=$(VERSION) -X $(BUILD).commit=$(COMMIT)
# Extra flags for `go test`, such as RACE=-race or RUN='-run Append'.
RACE     ?=
RUN      ?=
FUZZTIME ?= 10s

export PATH := $(TOOLS):$(PATH)
export CGO_ENABLED ?= 1

.PHONY: help
help: ## Show this text.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##--- Using it

.PHONY: demo
demo: build-throughline ## Tell the story of one customer: IVR, dropped call, chat, two agents.
	bin/throughline demo

.PHONY: run
run: build-throughline ## Serve gRPC on 127.0.0.1:9090 and REST on 127.0.0.1:8080, data in ./data.
	bin/throughline serve

.PHONY: build
build: $(addprefix build-,$(BINARIES)) ## Build the static binaries into bin/.

.PHONY: $(addprefix build-,$(BINARIES))
$(addprefix build-,$(BINARIES)): build-%:
	@mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/$* ./services/$(DIR_$*)/cmd/$*

##--- Changing it

.PHONY: test
test: $(TOOLS)/gotestsum ## Run all tests. RACE=-race and RUN='-run Name' are passed on.
	gotestsum --format pkgname --format-hide-empty-pkg -- $(RACE) -timeout 20m $(RUN) work

.PHONY: e2e
e2e: $(TOOLS)/gotestsum ## Run only the black-box tests on the built binaries.
	gotestsum --format testname -- $(RACE) -timeout 20m $(RUN) ./services/e2e/...

.PHONY: check
check: generate-check lint breaking vet tidy-check ## All that CI checks; ends with the tests under the race detector.
	$(MAKE) test RACE=-race

.PHONY: lint
lint: $(TOOLS)/buf $(TOOLS)/golangci-lint $(PROTOS) ## Lint the contract and the code.
	buf lint proto
	buf format --diff --exit-code proto
	@for m in $(filter-out gen,$(MODULES)); do echo "golangci-lint $$m"; (cd $$m && golangci-lint run --config $(CURDIR)/.golangci.yaml ./...); done

.PHONY: vet
vet: ## Run go vet over all modules.
	go vet work

.PHONY: breaking
breaking: $(TOOLS)/buf $(PROTOS) ## Refuse incompatible changes of the contract.
	tools/breaking.sh

.PHONY: tidy-check
tidy-check: ## Check that every module builds on its own and is tidy.
	@for m in $(MODULES); do echo "tidy $$m"; (cd $$m && GOWORK=off go build ./... && GOWORK=off go mod tidy -diff); done

.PHONY: generate
generate: $(TOOLS)/buf $(PROTOS) ## Generate code, OpenAPI and the generated docs.
	rm -rf gen/go
	buf generate proto
	UPDATE_GOLDEN=1 go test ./services/e2e/docs ./services/suite -run Docs

.PHONY: generate-check
generate-check: $(TOOLS)/buf $(PROTOS) ## Check that the generated code is fresh.
	rm -rf .third_party/fresh && mkdir -p .third_party/fresh
	buf generate proto --output .third_party/fresh
	diff -r .third_party/fresh/gen/go gen/go
	diff .third_party/fresh/gen/openapi/throughline.swagger.json gen/openapi/throughline.swagger.json

.PHONY: bench
bench: ## Measure against the baselines; prints a table and writes bench/latest.json.
	@mkdir -p bench
	go run ./services/e2e/cmd/bench --out bench/latest.json

.PHONY: bench-compare
bench-compare: $(TOOLS)/benchstat ## Compare Go benchmarks of the working tree with those of a commit (BASE=HEAD).
	tools/bench-compare.sh $(or $(BASE),HEAD)

.PHONY: fuzz
fuzz: ## Run every fuzzer for FUZZTIME (10s).
	tools/fuzz.sh $(FUZZTIME)

.PHONY: clean
clean: ## Remove what was built: bin, tools, third-party files, benchmark results.
	rm -rf bin bench .bin .third_party

##--- Tools, pinned in tools/go.mod and tools/lint/go.mod

INSTALL := GOWORK=off GOBIN=$(TOOLS) CGO_ENABLED=0 go -C tools install

$(TOOLS)/buf: tools/go.mod
	$(INSTALL) github.com/bufbuild/buf/cmd/buf google.golang.org/protobuf/cmd/protoc-gen-go \
	  google.golang.org/grpc/cmd/protoc-gen-go-grpc github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway \
	  github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2
	@touch $@

$(TOOLS)/gotestsum: tools/go.mod
	$(INSTALL) gotest.tools/gotestsum
	@touch $@

$(TOOLS)/benchstat: tools/go.mod
	$(INSTALL) golang.org/x/perf/cmd/benchstat
	@touch $@

$(TOOLS)/golangci-lint: tools/lint/go.mod
	GOWORK=off GOBIN=$(TOOLS) CGO_ENABLED=0 go -C tools/lint install tool
	@touch $@

# The contract imports files of Google and Buf; they come from the Go modules
# that carry them, at the versions tools/go.mod pins.
$(PROTOS): tools/go.mod
	@rm -rf $@ && mkdir -p $@/google/api $@/buf/validate
	GOWORK=off go -C tools mod download github.com/google/gnostic github.com/bufbuild/protovalidate
	gnostic=$$(GOWORK=off go -C tools list -m -f '{{.Dir}}' github.com/google/gnostic); \
	  cp $$gnostic/cmd/protoc-gen-openapi/examples/google/api/{annotations,http,field_behavior}.proto $@/google/api/
	validate=$$(GOWORK=off go -C tools list -m -f '{{.Dir}}' github.com/bufbuild/protovalidate); \
	  cp $$validate/proto/protovalidate/buf/validate/validate.proto $@/buf/validate/
	@chmod -R u+w $@ && touch $@
