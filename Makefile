# Rollcall. `make help` lists what there is.

SHELL := /bin/bash
GO    ?= go
STORE ?= embedded
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help tools setup peers build demo test race bench lint images lab clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: # what has to be there to build: the errors of make and Go don't say it
	@command -v $(GO) >/dev/null || { echo "there is no $(GO) here: install Go 1.26 or newer (go.dev/dl)" >&2; exit 1; }
	@compiler=$$($(GO) env CC); command -v $${compiler%% *} >/dev/null || \
		{ echo "there is no C compiler ($$compiler) here, through which ONNX Runtime is called: install gcc" >&2; exit 1; }

setup: ## fetch ONNX Runtime, the Milvus engine and libjpeg-turbo into .cache
	@scripts/setup.sh

peers: ## fetch what tests compare with: Python packages, clip-retrieval's client, Chromium
	@scripts/peers.sh

build: tools ## build bin/rollcall
	$(GO) build -o bin/rollcall ./cmd/rollcall

demo: tools setup build ## index, search, count and audit the lab; STORE=milvus through a real Milvus
	@scripts/demo.sh $(STORE)

test: tools setup peers ## run every test on real parts; ROLLCALL_REQUIRE_ALL=1 makes a skip a failure
	$(GO) test ./...

race: tools setup ## run the tests of packages with goroutines under the race detector
	$(GO) test -race -short ./indexer ./retriever ./auditor ./internal/clip ./internal/vectors ./internal/milvus ./internal/server/...

bench: tools setup ## run the benchmarks; ROLLCALL_BENCH_ROWS=1000000 for the stores' at that size (100,000)
	$(GO) test -run '^$$' -bench . -benchmem ./...

lint: tools ## gofmt, vet, staticcheck and hadolint
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt: run gofmt -w on the files above"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@scripts/lint_docker.sh

images: ## as root, without Docker: carry out both Dockerfiles and run what they make
	@scripts/dockerfile_steps.sh docker/Dockerfile
	@scripts/dockerfile_steps.sh docker/Dockerfile.gpu

lab: ## make the lab again (persons, photos, both models) and compare digests; under an hour
	testdata/lab/lab.sh

clean: ## remove what was built; .cache stays (rm -r .cache to fetch everything anew)
	rm -rf bin
