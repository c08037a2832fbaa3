"""What touched memory weighs: the arithmetic behind every known answer. Pure: maps nothing, reads nothing."""

import mmap

MIB = 2**20
PAGE_BYTES = mmap.PAGESIZE
# One page of page table maps as many pages as it has 8-byte entries: x86-64 and arm64 alike.
PAGES_PER_TABLE = PAGE_BYTES // 8
# Measured on Linux 6.18, x86-64: what a process of one thread is charged for in the kernel beside its page tables,
# four pages of stack and the rest for its top-level table and small objects. It does not change with its memory.
PROCESS_KERNEL_BYTES = 32 * 1024


def mapped_bytes(size_bytes: int) -> int:
    """Bytes charged for *size_bytes* of touched memory: its pages, and the page tables that lead to them."""
    pages = -(-size_bytes // PAGE_BYTES)
    return (pages + -(-pages // PAGES_PER_TABLE)) * PAGE_BYTES


def fitting_bytes(charged_bytes: int) -> int:
    """Most memory that can be touched, in whole pages, for *charged_bytes* to be charged."""
    return charged_bytes // PAGE_BYTES * PAGES_PER_TABLE // (PAGES_PER_TABLE + 1) * PAGE_BYTES
