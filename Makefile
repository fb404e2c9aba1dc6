# SPDX-License-Identifier: Apache-2.0
# The front door. Maven does the building; these targets say with what.
SHELL := /bin/sh
.DEFAULT_GOAL := help

JDK = $(shell tools/find-jdk)
MVN = JAVA_HOME="$(JDK)" MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow" mvn -B -ntp
# One line a module and a step, so that one sees how far it is.
BRIEF = -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.slf4j.simpleLogger.log.org.apache.maven.cli.event.ExecutionEventLogger=info

.PHONY: help packages jdk build test demo dist dist-check faults fuzz format bench bench-packages bench-pieces bench-fetch bench-fuse bench-mount bench-patterns bench-overhead bench-disk audit clean

help: ## Say what each target does.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

jdk:
	@tools/find-jdk >/dev/null

packages: ## Install the Debian or Ubuntu packages the tests use, those that are missing.
	@tools/install-packages

build: jdk packages ## Compile everything and lay out the distribution, without running tests.
	$(MVN) $(BRIEF) package -DskipTests

test: jdk packages ## Build and run every test, real mounts included. The one test command.
	$(MVN) verify

# One JVM for each target, as the fuzzer asks; what it found is kept below .cifuzz-corpus.
fuzz: jdk ## Fuzz what reads bytes of others: DURATION=10m for each, TARGET='RangeAnswer*' for some. Inputs that fail go to fuzz-tests/src/test/resources.
	JAZZER_FUZZ=1 $(MVN) $(BRIEF) verify -pl fuzz-tests -am -DreuseForks=false -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dtest='$(or $(TARGET),*)FuzzTest' -Djazzer.max_duration=$(or $(DURATION),10m)

demo: build ## Load two models through a mount, in order and by eight processes, and print what it cost.
	JAVA_HOME="$(JDK)" tools/demo

# Of another processor: a JDK of it, of the same version as the one that builds, lends its jmods.
OTHER = $(if $(ARCH),-Dsluice.arch=$(ARCH) -Dsluice.deb-arch=$(if $(filter aarch64,$(ARCH)),arm64,$(if $(filter x86_64,$(ARCH)),amd64,$(ARCH))))
dist: export JMODS := $(JMODS)
dist: jdk packages ## Build tarball, deb and rpm under distribution/target. ARCH=aarch64 JMODS=/path/of/its/jdk/jmods for another processor.
	$(MVN) $(BRIEF) post-integration-test -DskipTests -Pdist -pl distribution -am $(OTHER)
	@cd distribution/target && ls -l *.tar.gz *.deb *.rpm SHA256SUMS

# Kept over builds: half a minute and 100 MB of downloads.
DEBIAN = distribution-tests/target/debian-12.tar
dist-check: jdk packages ## Build the packages and use them: unpacked, installed, and on a Debian without Java.
	@tools/install-packages debootstrap rpm
	@tools/debian-root $(DEBIAN)
	$(MVN) $(BRIEF) verify -Pdist -pl distribution-tests -am -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dtest='TarballTest,TarballContentTest,BareHostTest,InstalledPackageTest,ServiceTest' -Dsluice.debian="$$(ls -d $(CURDIR)/$(DEBIAN) 2>/dev/null)"

audit: ## Look up known weaknesses of what the built release ships, with trivy or grype, whichever is there; needs network, and make dist before. SBOM=/path/of/sluice.cdx.json for another release.
	@tools/audit $(or $(SBOM),distribution/target/sluice.cdx.json)

# Some faults last until a deadline, which is a minute: they are tried less often.
faults: jdk packages ## Do to a mount's requests all that networks and stores do, in a quarter of an hour; writes docs/reliability.md. ROUNDS=3, ONLY=regex for less.
	$(MVN) $(BRIEF) verify -pl distribution-tests -am -Dsurefire.failIfNoSpecifiedTests=false -Dtest=FaultMatrixTest \
	  -Dsluice.faults.rounds=$(or $(ROUNDS),10) -Dsluice.faults.slow-rounds=2 $(if $(ONLY),-Dsluice.faults.only='$(ONLY)') \
	  -Dsluice.faults.report=$(CURDIR)/$(if $(ONLY),distribution-tests/target,docs)

bench-packages: packages
	@tools/install-packages s3fs rclone

bench: build dist bench-packages ## Compare Sluice with s3fs and rclone, in half an hour; writes docs/benchmarks.md. SCALE=quick, WORKS=regex, RUNS=1 for less.
	JAVA_HOME="$(JDK)" benchmarks/compare.sh $(if $(SCALE),--scale $(SCALE)) $(if $(WORKS),--works '$(WORKS)') $(if $(RUNS),--runs $(RUNS))

bench-pieces: build ## Measure the hot pieces with JMH: time and heap for each call. PIECES=regex for some.
	JAVA_HOME="$(JDK)" benchmarks/pieces.sh $(PIECES)

bench-fetch: build ## Measure the fetching of ranges from the emulator: CPU seconds and heap per GiB.
	JAVA_HOME="$(JDK)" benchmarks/transport.sh

bench-fuse: build ## Measure what each FUSE channel costs: CPU seconds per GiB, microseconds per request.
	JAVA_HOME="$(JDK)" benchmarks/fuse.sh

bench-mount: build ## Measure what a whole mount costs: CPU and heap a GiB and a request, and a warm reader beside a cold one.
	JAVA_HOME="$(JDK)" benchmarks/mount.sh

bench-patterns: build ## Load 4 GiB files in the orders of model loaders: bytes, seconds, CPU, memory. PATTERN='zip tensors' for some, SCALE=0.1 for less.
	JAVA_HOME="$(JDK)" benchmarks/patterns.py $(if $(SCALE),--scale $(SCALE)) $(PATTERN)

bench-overhead: build ## Measure what metrics and the control socket cost warm reads, in turns. ARGUMENTS='--gib 16 --runs 2' for less.
	JAVA_HOME="$(JDK)" benchmarks/overhead.py $(ARGUMENTS)

bench-disk: build bench-packages ## Measure the disk cache: where blocks could be kept, and mounts beside dd and rclone. SIZE=4GiB, FOLDER=on the disk to measure.
	JAVA_HOME="$(JDK)" SIZE=$(SIZE) benchmarks/disk.sh $(FOLDER)

format: jdk ## Format sources and poms as the build wants them.
	$(MVN) -q spotless:apply

clean: jdk ## Remove what the build made.
	$(MVN) -q clean
