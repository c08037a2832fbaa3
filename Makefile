# Every target sets up what it needs: a machine with Python 3.11+, make and git is enough.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
PLAN ?= standard
TARGET ?= importer
LIMIT_MIB ?= 512
REPLAY ?=
OUT ?=
RESUME ?=
PROFILE ?=
MAX_USERS ?= 32
USERS ?= 3
RECORDS ?= reports/out/latest/records.jsonl
IMPORTS ?= 100000
REASON ?=
GATE_OPTIONS ?=

# The harness and the server under test have an environment each: development tools installed beside a server change
# what it imports, and so what it weighs.
READY := .venv/.ready .venv-importer/.ready
BIN := .venv/bin
# A run that goes on knows its own order.
sweep_options = $(if $(RESUME),--resume "$(RESUME)",--plan $(PLAN) --target "$(TARGET)" --limit-mib $(LIMIT_MIB) \
  $(if $(REPLAY),--replay "$(REPLAY)") $(if $(OUT),--out "$(OUT)"))
search_options = --target "$(TARGET)" --limit-mib $(LIMIT_MIB) $(if $(REPLAY),--replay "$(REPLAY)") \
  $(if $(PROFILE),--profile "$(PROFILE)") $(if $(OUT),--out "$(OUT)")
accepted := reports/out/accepted-$(shell date -u +%Y%m%dT%H%M%SZ)
run_folder = $(if $(RESUME),$(RESUME),$(if $(OUT),$(OUT),reports/out/latest))

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make loadtest PLAN=quick|standard|full  LIMIT_MIB=512  REPLAY=games.pgn[.zst]  TARGET=name|file.toml  OUT=folder"
	@echo "  make loadtest RESUME=folder     make find MAX_USERS=32 PROFILE=name     make squeeze USERS=3 PROFILE=name"

.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "Python 3.11 or newer is needed, found %d.%d: set PYTHON=python3.11" % v[:2])'
	@echo "setting up .venv (harness, reports, tests)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv-importer/.ready: pyproject.toml constraints.txt
	@echo "setting up .venv-importer (the importer alone)"
	@$(PYTHON) -m venv --clear .venv-importer
	@.venv-importer/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[importer]'
	@touch $@

.PHONY: setup
setup: $(READY) ## Create the environments from the pinned versions (done by every other target too)

.PHONY: loadtest
loadtest: $(READY) ## Answer the question: how many imports fit under the limit (at most 6 minutes)
	@$(BIN)/python -m loadtests sweep $(sweep_options)
	@$(BIN)/python -m reports report "$(run_folder)/records.jsonl" --out "$(run_folder)"

.PHONY: find
find: $(READY) ## Find the most users that are safe at once under LIMIT_MIB, up to MAX_USERS
	@$(BIN)/python -m loadtests find $(search_options) --max-users $(MAX_USERS)

.PHONY: squeeze
squeeze: $(READY) ## Find the smallest limit that USERS at once survive, whatever a gauge says
	@$(BIN)/python -m loadtests squeeze $(search_options) --users $(USERS)

.PHONY: watch
watch: $(READY) ## Tick the published checklist while a server runs: PID=n or CGROUP=path, and URL=address
	@$(BIN)/python -m loadtests watch $(if $(PID),--pid "$(PID)") $(if $(CGROUP),--cgroup "$(CGROUP)") \
	  $(if $(URL),--url "$(URL)") $(if $(FOR_S),--for-s "$(FOR_S)") $(if $(OUT),--out "$(OUT)")

.PHONY: explain
explain: $(READY) ## Name the lines that hold memory at the peak with USERS at once, under memray
	@$(BIN)/python -m loadtests explain --target "$(TARGET)" --users $(USERS) $(if $(PROFILE),--profile "$(PROFILE)") \
	  $(if $(REPLAY),--replay "$(REPLAY)") $(if $(OUT),--out "$(OUT)")

.PHONY: report
report: $(READY) ## Rebuild the report from RECORDS, with the network off
	@$(BIN)/python -m reports report "$(RECORDS)" --out "$(if $(OUT),$(OUT),$(patsubst %/,%,$(dir $(RECORDS))))"

.PHONY: gate
gate: $(READY) ## Fail when memory grew past accepted runs or a hard limit broke (1 minute, 2 when a fresh run decides)
	@gate/run --target "$(TARGET)" --limit-mib "$(LIMIT_MIB)" $(if $(OUT),--out "$(OUT)") $(GATE_OPTIONS)

.PHONY: gate-accept
gate-accept: $(READY) ## Accept what memory is now as the gate's baseline: REASON="why" (5 minutes)
	@for run in 1 2 3 4 5; do \
	  $(BIN)/python -m loadtests sweep --plan gate --target "$(TARGET)" --limit-mib "$(LIMIT_MIB)" --out "$(accepted)-$$run" || exit $$?; \
	done
	@$(BIN)/python -m reports accept $(foreach run,1 2 3 4 5,"$(accepted)-$(run)/records.jsonl") --reason "$(REASON)"

.PHONY: tiers
tiers: $(READY) ## Say which hosting tier suffices for the run in RECORDS: IMPORTS=100000 a month
	@$(BIN)/python -m reports tiers "$(RECORDS)" --imports-per-month "$(IMPORTS)"

.PHONY: explore
explore: $(READY) ## Put RECORDS into a SQLite database for questions of your own: OUT=run.db
	@$(BIN)/python -m reports explore "$(RECORDS)" --out "$(if $(OUT),$(OUT),$(patsubst %/,%,$(dir $(RECORDS)))/run.db)"

.PHONY: readme
readme: $(READY) ## Write README's result from the committed example run
	@$(BIN)/python -m tests.docs.result_block

.PHONY: bench
bench: $(READY) ## Measure speed and size of the servers on this machine (15 minutes)
	@$(BIN)/python -m benchmarks $(if $(KEEP),--keep "$(KEEP)")

.PHONY: fidelity
fidelity: $(READY) ## Write the page that compares made-up games with published statistics
	@$(BIN)/python -m tests.fidelity.page

.PHONY: doctor
doctor: $(READY) ## Say whether this host can enforce a memory limit, and what to do where it cannot
	@$(BIN)/python -m loadtests doctor

.PHONY: calibrate
calibrate: $(READY) ## Weigh servers whose need is known, and compare (about 70 seconds)
	@$(BIN)/python -m loadtests calibrate $(if $(OUT),--out "$(OUT)")

.PHONY: clean
clean: $(READY) ## Remove control groups and work folders left by runs that were killed
	@$(BIN)/python -m loadtests clean

.PHONY: test
test: $(READY) ## Run the test suite (needs root and a writable memory cgroup)
	@$(BIN)/python -m pytest -m "not kernel" -n 3 --dist loadfile --cov=importer --cov=fake_lichess --cov=loadtests --cov=reports --cov=benchmarks --cov-report=
	@$(BIN)/python -m pytest -m kernel
	@$(BIN)/python -m coverage report --fail-under=100 --include="$$($(BIN)/python -m tests.shape.pure_modules)"

.PHONY: test-cgroup2
test-cgroup2: $(READY) ## Run the kernel tests and a trial under cgroup v2, in a user-mode kernel (about a minute)
	@$(BIN)/python -m tests.cgroup2

.PHONY: crash-test
crash-test: $(READY) ## Kill the importer at 200 random moments and compare what it stored with the truth (1 minute)
	@$(BIN)/python -m tests.crashing --crashes 200

.PHONY: check
check: $(READY) ## Lint, types, import contracts, sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/shape

.PHONY: ci
ci: check test calibrate ## Everything CI runs: check, test, calibrate, and the quick plan under the real limit
	@$(MAKE) --no-print-directory loadtest PLAN=quick
