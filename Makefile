# Everything a person or CI runs. `make help` lists it.
PYTHON ?= python3
VENV := .venv
LIBRARIES := .venv-libraries
SPARK := .venv-spark
BIN := $(VENV)/bin
SOURCES := $(shell find crates -name '*.rs' -o -name Cargo.toml 2>/dev/null) Cargo.toml Cargo.lock pyproject.toml

.PHONY: help build demo test test-rust test-python test-libraries test-cluster histories sanitize audit advisories check format wheel bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(BIN)/maturin: requirements/build.txt
	@command -v cargo >/dev/null || { echo "Firesteel is built with Rust: install cargo first (https://rustup.rs)."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Firesteel needs CPython 3.11 or newer; set PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/build.txt
	@touch $@

$(VENV)/.built: $(SOURCES) $(BIN)/maturin
	@$(BIN)/maturin develop --release --quiet >/dev/null
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(BIN)/maturin
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

build: $(VENV)/.built  ## build the engine and install Firesteel into ./.venv

demo:  ## build, then count the words of this machine's Python standard library
	@test -e $(VENV)/.built || echo "Building Firesteel: one to three minutes on 2 cores the first time, seconds after that."
	@$(MAKE) --no-print-directory build
	@$(BIN)/firesteel run examples/standard_library_words.py
	@echo
	@echo "Try next:"
	@echo "  $(BIN)/firesteel run examples/pi.py 8"
	@echo "  $(BIN)/firesteel run examples/fails.py      # fails on purpose: this is what an error looks like"
	@echo "  $(BIN)/firesteel shell                      # a prompt with sc and spark"

test: test-rust test-python  ## all tests, Rust and Python

test-rust:
	cargo test --workspace --exclude firesteel-python --quiet

test-python: $(VENV)/.built $(VENV)/.dev
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/python -m pytest

$(LIBRARIES)/.installed: requirements/libraries.txt
	$(PYTHON) -m venv $(LIBRARIES)
	$(LIBRARIES)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/libraries.txt
	@touch $@

test-libraries: $(VENV)/.built $(VENV)/.dev $(LIBRARIES)/.installed  ## libraries from PyPI on Firesteel
	FIRESTEEL_LIBRARIES=$(abspath $(LIBRARIES)/bin/python) $(BIN)/python -m pytest tests/libraries

$(SPARK)/.installed: requirements/spark.txt
	$(PYTHON) -m venv $(SPARK)
	$(SPARK)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/spark.txt
	@touch $@

test-cluster: $(VENV)/.built $(VENV)/.dev  ## the hand-off to a real Apache Spark, which comes from PyPI; nothing where there is no Java
	@if java -version >/dev/null 2>&1; then $(MAKE) --no-print-directory $(SPARK)/.installed; else echo "There is no Java: skipped."; fi
	FIRESTEEL_REFERENCE=$(abspath $(SPARK)/bin/python) $(BIN)/python -m pytest -rs tests/cli/test_cluster.py

histories:  ## a million random histories of the scheduler, two to five minutes
	FIRESTEEL_TEST_HISTORIES=$${FIRESTEEL_TEST_HISTORIES:-1000000} cargo test --release --quiet -p firesteel-scheduler --test histories

# The address sanitizer comes with the stable toolchain; only the switch for it is called unstable. The extension finds its runtime in the compiler's library.
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
SANITIZED := target/sanitize/python
SANITIZE = RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address PYO3_BUILD_EXTENSION_MODULE=1 PYO3_PYTHON=$(abspath $(BIN)/python) cargo
SANITIZER_OPTIONS = detect_leaks=0:handle_segv=0:allocator_may_return_null=1:quarantine_size_mb=16:log_path=$(abspath target/sanitize/report)
SANITIZED_TESTS := $(addprefix tests/core/test_,rdd_elements.py rdd_pairs.py rdd_pairing.py rdd_sorting.py rdd_cache.py rdd_text.py \
	rdd_hadoop_files.py broadcast.py) tests/test_serializers.py tests/test_accumulators.py

sanitize: $(VENV)/.built $(VENV)/.dev  ## engine, extension and fuzz targets under the address sanitizer, some minutes
	FIRESTEEL_TEST_MUTATIONS=$${FIRESTEEL_TEST_MUTATIONS:-3000} $(SANITIZE) test --quiet --target-dir target/sanitize --target $(HOST) -p firesteel-core
	$(SANITIZE) build --quiet --target-dir target/sanitize --target $(HOST) -p firesteel-python
	rm -rf $(SANITIZED) target/sanitize/report.* && mkdir -p $(SANITIZED) && cp -r python/firesteel $(SANITIZED)
	cp target/sanitize/$(HOST)/debug/lib_native.so $(SANITIZED)/firesteel/$(notdir $(wildcard python/firesteel/_native.*.so))
	LD_PRELOAD=$$(cc -print-file-name=libasan.so) ASAN_OPTIONS=$(SANITIZER_OPTIONS) PYTHONPATH=$(abspath $(SANITIZED)) \
		$(BIN)/python -m pytest --quiet -p no:cacheprovider $(SANITIZED_TESTS)
	@# A worker that the sanitizer ends is replaced as any other: only its report tells.
	@! cat target/sanitize/report.* 2>/dev/null

audit:  ## licences, sources and doubles of what is built in (needs cargo-deny: cargo install --locked cargo-deny)
	cargo deny check licenses bans sources
	$(BIN)/python -m pip check

advisories:  ## known holes of what is built in (needs cargo-deny, pip-audit and the network)
	cargo deny check advisories
	$(BIN)/python -m pip_audit --requirement requirements/build.txt --requirement requirements/dev.txt --no-deps --disable-pip

check: $(VENV)/.built $(VENV)/.dev  ## formats, lints and types
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- --deny warnings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

format:  ## format the sources
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wheel: $(BIN)/maturin  ## make a wheel in ./dist
	$(BIN)/maturin build --release --quiet --out dist

bench: $(VENV)/.built  ## compare with PySpark, where it is installed (see docs/performance.md)
	$(BIN)/python benches/run.py

clean:  ## remove what was built
	rm -rf target $(VENV) $(LIBRARIES) dist
