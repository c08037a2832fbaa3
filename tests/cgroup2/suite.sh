#!/bin/sh
# What must pass under cgroup v2: the doctor's walk, the kernel tests, one whole small trial. The first failure ends it.
# Not test_cost.py: the guest counts processor time in ticks of 10 ms, far too coarse for the cost of one reading.
# Small numbers, because page faults are slow in the guest; its only writable folder is .cache.
set -eux

.venv/bin/python -m loadtests doctor
.venv/bin/python -m pytest -p no:cacheprovider tests/kernel/test_limit.py tests/kernel/test_account.py tests/kernel/test_watch.py
.venv/bin/python -m loadtests sweep --plan tests/cgroup2/plan.toml --out .cache/run
