"""Folders of plain files laid out like memory cgroups, for what can be promised without a kernel."""

from collections.abc import Mapping
from pathlib import Path

# As Linux 6.18 prints it, version 1; lines nobody here reads are left out, their order is kept.
V1_STAT = """\
cache 1
rss 2
shmem 3
pgmajfault 4
inactive_file 5
hierarchical_memory_limit 536870912
hierarchical_memsw_limit 536870912
total_cache 125829120
total_rss 62914560
total_rss_huge 0
total_shmem 104857600
total_pgmajfault 17
total_inactive_file 16777216
total_unevictable 0
"""
# As Linux 6.1 prints it, version 2.
V2_STAT = """\
anon 62914560
file 125829120
kernel 3145728
kernel_stack 65536
pagetables 524288
sec_pagetables 0
percpu 4096
sock 8192
vmalloc 0
shmem 104857600
inactive_file 16777216
slab_reclaimable 1048576
slab_unreclaimable 262144
pgfault 900
pgmajfault 17
"""
V1_FILES = {
    "cgroup.procs": "41\n42\n",
    "memory.stat": V1_STAT,
    "memory.usage_in_bytes": "192937984\n",
    "memory.max_usage_in_bytes": "209715200\n",
    "memory.kmem.usage_in_bytes": "2097152\n",
    "memory.kmem.tcp.usage_in_bytes": "8192\n",
    "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "memory.limit_in_bytes": "536870912\n",
    "memory.memsw.limit_in_bytes": "536870912\n",
    "memory.failcnt": "2\n",
    "memory.memsw.failcnt": "5\n",
}
V2_FILES = {
    "cgroup.procs": "41\n42\n",
    "memory.stat": V2_STAT,
    "memory.current": "192937984\n",
    "memory.peak": "209715200\n",
    "memory.events": "low 0\nhigh 0\nmax 7\noom 4\noom_kill 3\noom_group_kill 0\n",
    "memory.max": "536870912\n",
    "memory.swap.max": "0\n",
}


def lay_out(folder: Path, contents: Mapping[str, str]) -> Path:
    """Write the files into *folder*, which is made."""
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_text(content)
    return folder


def lay_out_proc(folder: Path, *, mountinfo: str, own: str) -> Path:
    """Make a /proc that shows these mounts and own cgroups, and no swap."""
    lay_out(folder, {"meminfo": "MemTotal: 1000 kB\nSwapTotal: 0 kB\n"})
    lay_out(folder / "self", {"mountinfo": mountinfo, "cgroup": own})
    return folder
