# The few things one does with this repository. `make` builds.

FUZZTIME = 30s

build:
	CGO_ENABLED=0 go build -trimpath -o filmwire ./cmd/filmwire

test:
	go test ./...

race:
	go test -race ./...

lint:
	@test -z "$$(gofmt -l .)" || { echo 'not gofmt-ed:'; gofmt -l .; exit 1; }
	go vet ./...
	go tool staticcheck ./...

# The longer suites: imports killed at random, tens of thousands of reviews.
prove:
	FILMWIRE_PROVE=1 go test -run 'Prove' -timeout 30m ./...

# Every fuzz target for FUZZTIME each. Minimising is cut short: targets that touch the
# disk would do little else.
fuzz:
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x -parallel 2 $$package || exit 1; \
		done; \
	done

# The schemas for editors and the reference of every key, made of the code.
docs:
	go test ./config -run TestDocsAreUpToDate -update

bench:
	go test -run '^$$' -bench . ./...

ci:
	.ci/run

.PHONY: build test race lint prove fuzz docs bench ci
