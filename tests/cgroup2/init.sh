#!/bin/sh
# Process 1 of the guest: mounts what the suite needs, runs it, leaves its exit status in the scratch folder, powers off.
# Whatever fails before that leaves no status, which the launcher takes for a failure. The root stays read-only; SCRATCH,
# a folder of the host named on the kernel's command line, is the only thing that can be written and outlives the guest.
set -eu
# Not poweroff(8), which minimal images lack. The request returns at once, and process 1 must never end by itself.
trap 'sync; echo o >/proc/sysrq-trigger; exec tail -f /dev/null' EXIT

mount -t proc none /proc
mount -t sysfs none /sys
mkdir -p /dev/shm
mount -t tmpfs none /dev/shm
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up

# Over .cache and on the host's disk: a trial refuses a work folder in memory, and the kernel tests write here anyway.
cd "$(dirname "$0")/../.."
mount -t hostfs -o "$SCRATCH" none .cache

# As under systemd, programs live in a leaf: the harness must find the place for limited cgroups beside its own.
mkdir /sys/fs/cgroup/suite
echo $$ >/sys/fs/cgroup/suite/cgroup.procs

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
export TMPDIR=/dev/shm PYTHONDONTWRITEBYTECODE=1

# Through a pipe, so that no program sees a terminal and colours what CI will log.
{
    status=0
    sh tests/cgroup2/suite.sh || status=$?
    echo "$status" >.cache/status
} 2>&1 | cat
