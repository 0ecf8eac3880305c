# Two commands for everyone: `make compare` and `make test`. Each sets up what it needs in .venv.
PYTHON ?= python3
COUNTRY ?= KOR
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
KERNEL := procsim/engine/kernel
# The compiler keeps what it made of its own library here, so that compiling again takes a moment.
export ZIG_GLOBAL_CACHE_DIR := $(CURDIR)/build/zig
# On all processors, a file of tests to one worker (its fixtures are computed once), in order: the long files come first.
PARALLEL := -n logical --dist loadscope --no-loadscope-reorder

.PHONY: install compare test agree bench check kernel wheels fuzz sanitize clean

install: $(VENV)/.run

compare: $(VENV)/.run
	$(BIN)/procsim compare $(COUNTRY) $(ARGS)

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers auto
	$(BIN)/pytest $(PARALLEL)

# The fast engine against the reference on thousands of drawn models, and on a million rows.
agree: $(VENV)/.test
	PROCSIM_TEST_SIZE=large $(BIN)/pytest -n logical tests/engine/test_engines_agree.py tests/engine/test_webassembly.py \
		tests/models/test_every_country.py

bench: $(VENV)/.test
	$(PIP) -e ".[bench]"
	$(BIN)/python benchmarks/run.py $(ARGS)

check: $(VENV)/.run
	$(BIN)/procsim check

$(VENV)/bin/python:
	$(PYTHON) -c "import sys; sys.exit(None if sys.version_info >= (3, 11) else 'procsim needs Python 3.11 or newer; name it: make PYTHON=python3.11')"
	$(PYTHON) -m venv $(VENV)

# When only the engine's C file has changed, it is compiled again without pip, where there is a compiler to keep.
$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt hatch_build.py $(KERNEL).c
	$(if $(filter-out $(KERNEL).c,$?),$(PIP) -e .,$(MAKE) --no-print-directory kernel || $(PIP) -e .)
	@test -e $(KERNEL).wasm || echo "procsim: no fast engine here, so it runs on the SimPy reference, slower. Why: make kernel"
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt | $(VENV)/.run
	$(PIP) -e ".[test]"
	touch $@

$(VENV)/.zig: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) hatchling ziglang
	touch $@

kernel: $(VENV)/.zig
	$(BIN)/python hatch_build.py

# For Linux, macOS and Windows on x86-64 and arm64, all from this machine, into dist/.
wheels: $(VENV)/.zig
	$(BIN)/python hatch_build.py wheels

SANITIZE := -g -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS ?= 1800

# Changes small plans until one makes the kernel stray, for so many seconds; what it finds, it writes to build/fuzz.
# A plan may go round for years: the longest seen took 10 seconds. One that takes 100 is taken for endless.
fuzz: $(VENV)/.run
	mkdir -p build/fuzz/corpus
	clang -O2 $(SANITIZE) -fsanitize=fuzzer -o build/fuzz/fuzz tests/kernel/fuzz.c \
	  || { echo "make fuzz needs clang with its fuzzer. On Debian: apt install clang libclang-rt-14-dev"; exit 1; }
	cd build/fuzz && $(CURDIR)/$(BIN)/python $(CURDIR)/tests/kernel/seeds.py
	cd build/fuzz && ./fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=100 -max_len=125 -print_final_stats=1 corpus

# The tests of the engines on a kernel that stops where it strays; then the usual one is put back.
sanitize: $(VENV)/.test
	mkdir -p build
	gcc -O1 $(SANITIZE) -shared -fPIC -o build/strict.so $(KERNEL).c
	mv $(KERNEL).so build/ && mv build/strict.so $(KERNEL).so
	LD_PRELOAD=$$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 $(BIN)/pytest $(PARALLEL) \
	  tests/kernel tests/engine tests/acceptance procsim/engine; \
	  told=$$?; mv build/kernel.so $(KERNEL).so && exit $$told

clean:
	rm -rf $(VENV) results dist build $(KERNEL).so $(KERNEL).dylib $(KERNEL).dll $(KERNEL).wasm
