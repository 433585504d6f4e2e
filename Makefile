# `make` alone prints what one can do.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := $(CURDIR)/.cache/bin
LINT := $(BIN)/golangci-lint
LINT_VERSION := v2.15.0
VULN_VERSION := v1.9.0

.PHONY: help
help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run the service with a pretend university, on this machine alone
	@go run . demo

.PHONY: test
test: tools ## Install what the tests need where it can be had, and run them all
	.ci/addin test
	go test -timeout 20m ./...
	CGO_ENABLED=0 go test ./internal/device/token

.PHONY: tools
tools: ## Install the programs that tests talk to (Debian: openssl, gpgsm, NSS, GnuTLS, BouncyCastle, OpenLDAP, unbound, xmllint, Chromium, PostgreSQL)
	@.ci/tools

.PHONY: check
check: generate addin format lint race ## All that CI checks beside the tests

.PHONY: generate
generate: ## Write the generated code anew from openapi.yaml
	go generate ./...

.PHONY: addin
addin: ## Build the add-in anew, with its types, sizes and lint
	.ci/addin check

.PHONY: size
size: ## How large the pane and the send guard are, beside their limits, and how soon the pane is there
	.ci/addin size
	SIZE=1 go test -run '^TestThePaneIsThereAtOnce$$' -count=1 -v ./internal/app | grep -E 'goal|FAIL|ok'

.PHONY: screens
screens: ## Take the pictures in docs/screens anew, of every state of the pane and of every administrators' page
	SCREENS=$(CURDIR)/docs/screens go test -run '^TestEverybodyCanUse(ThePaneInEveryState|TheAdministratorsPages)$$' -count=1 -timeout 15m ./internal/app

.PHONY: format
format: ## Fail on unformatted files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go mod tidy -diff

.PHONY: lint
lint: $(LINT) ## go vet and the linters of .golangci.yml
	$(LINT) run

$(LINT):
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: vuln
vuln: ## Look for known vulnerabilities (asks vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...

# Of the whole program, not what other programs read of its mails, nor browsers, nor what kills machines or waits for clocks: minutes
# each, raced.
SLOW_RACED := Browser|Outlook|Pane|Guard|Pages|EveryAction|Mouse|Keyboard|Weather|DraftStays|Window|TypedToTheReceipt|Pressed|SigningIn|SecureMail|Taken|Backup|Doctor|Examples|Read|WhileMachinesDie|EverySealedCopy|Clock|Demo|Opens?$$|OnlyDecrypt|WithLayers

.PHONY: race
race: ## The concurrent packages once more, under the race detector
	go test -race -shuffle=on -timeout 20m ./api/... ./internal/certs/... ./internal/device/... ./internal/trust/... ./internal/entra ./internal/keeper ./internal/mailbox ./internal/sending ./internal/store ./internal/spool
	go test -race -shuffle=on -timeout 20m -skip '$(SLOW_RACED)' ./internal/app

.PHONY: bench
bench: tools ## Sealing and opening beside openssl and beside the primitives, then every benchmark (some minutes)
	go test -run '^$$' -bench '^BenchmarkComparison$$' -benchtime 1x ./internal/smime
	go test -run '^$$' -bench . -skip '^BenchmarkComparison$$' -benchmem ./internal/smime ./internal/smime/header ./internal/certs ./api/partners
	go test -run '^$$' -bench . ./internal/certs/directory
	go test -run '^$$' -bench . ./internal/app

.PHONY: chaos
chaos: tools ## Three replicas on PostgreSQL, and one on SQLite, killed over and over: nothing lost, nothing twice (some minutes)
	CHAOS=1 go test -run '^TestChaos' -count=1 -timeout 15m -v ./internal/app

.PHONY: load
load: tools ## Mails accepted a second beside the machine's own rate of signatures, and the memory of large uploads (some minutes)
	LOAD=1 go test -run '^TestLoad' -count=1 -timeout 20m -v ./internal/app

.PHONY: previous
previous: ## Run an earlier program on the schema of this one: make previous REV=v1.0.0
	@.ci/previous $(REV)

.PHONY: fuzz
fuzz: ## Every fuzz target for a minute
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' .); do \
	  for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9]+).*/\1/p' $$target); do \
	    echo "$$name in $$(dirname $$target)"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime 1m ./$$(dirname $$target) || exit 1; done; done

.PHONY: build
build: ## Build the program into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/sendsikker .
