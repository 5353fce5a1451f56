# Ferry. `make` lists the targets.

GO       ?= go
BUILD    := build
DIST     := web/dist
# Nothing of the machine, the folder or the moment may reach the bytes.
GOFLAGS_ := -trimpath -buildvcs=false -ldflags "-s -w -buildid="
WASM     := $(GO) run $(GOFLAGS_) ./app wasm
# The packages that run in the browser.
JSPKGS    = $$(GOOS=js GOARCH=wasm $(GO) list -deps ./app ./app/core | grep '^ferry')

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# whatsmeow and its utilities race with themselves when a connection closes; the race detector watches our code.
THEIRS := '-gcflags=go.mau.fi/whatsmeow/...=-race=false' '-gcflags=go.mau.fi/util/...=-race=false'

FUZZTIME ?= 10m

# Of the brotli compression: 11 for what is published, which takes a minute.
QUALITY ?= 11
run run-providers test: QUALITY := 5

.DEFAULT_GOAL := help
.PHONY: help build site run run-providers test check lint bench fuzz soak shots tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: site ## build the WASM, the site and the one binary, build/ferry
	CGO_ENABLED=0 $(GO) build $(GOFLAGS_) -o $(BUILD)/ferry ./relay

site: # what the relay embeds
	@mkdir -p $(BUILD)
	$(WASM) -o $(BUILD)/page.wasm ./app
	$(WASM) -o $(BUILD)/core.wasm ./app/core
	$(GO) run $(GOFLAGS_) ./app site -page $(BUILD)/page.wasm -core $(BUILD)/core.wasm -out $(DIST) -quality $(QUALITY)

run: build ## build and start everything at http://localhost:8080
	./$(BUILD)/ferry

run-providers: build ## three messengers before one gateway, two with sign-ins of their own; prints where
	$(GO) build $(GOFLAGS_) -o $(BUILD)/openid ./relay/relaytest/openid
	$(GO) build $(GOFLAGS_) -o $(BUILD)/messengers ./relay/relaytest/messengers
	./$(BUILD)/messengers -ferry $(BUILD)/ferry -openid $(BUILD)/openid

test: tools site ## all tests with the race detector, in under 15 minutes
	$(GO) test -race $(THEIRS) -timeout 15m ./...

lint: ## gofmt, vet, staticcheck (native and js/wasm), govulncheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) vet $(JSPKGS)
	@GOBIN=$(CURDIR)/$(BUILD) $(GO) install $(STATICCHECK)
	$(BUILD)/staticcheck ./...
	GOOS=js GOARCH=wasm $(BUILD)/staticcheck $(JSPKGS)
	@GOBIN=$(CURDIR)/$(BUILD) $(GO) install $(GOVULNCHECK)
	@$(BUILD)/govulncheck ./... || { code=$$?; \
	  if [ $$code -eq 1 ]; then echo "govulncheck SKIPPED: its database cannot be reached"; else exit $$code; fi; }

bench: tools build ## figures as ratios in one run
	$(GO) run ./app/e2e/bench

fuzz: ## every fuzz target for FUZZTIME (10m)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$f"; $(GO) test $$pkg -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x; done; done

soak: tools build ## the long runs: hundreds of kills, 10,000 waiting messages
	FERRY_SOAK=1 $(GO) test -timeout 120m -v -run 'Soak' ./app/... ./relay/...

shots: tools build ## screenshots of every screen, phone and desktop, light and dark, in build/shots
	$(GO) run ./app/e2e/shots -out $(BUILD)/shots

# A browser to test in, and a C compiler for the race detector.
tools:
	@need=""; \
	  command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need="$$need chromium"; \
	  command -v cc >/dev/null || command -v gcc >/dev/null || need="$$need gcc libc6-dev"; \
	  if [ -n "$$need" ]; then \
	    echo "installing$$need from the distribution, for the tests"; \
	    sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	    $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$need >/dev/null; \
	  fi

clean: ## remove what was built
	rm -rf $(BUILD) && find $(DIST) -mindepth 1 ! -name .gitkeep -delete
