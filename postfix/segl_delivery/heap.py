"""Returns large blocks of memory to the kernel as soon as they are freed.

A large message is processed in blocks of 256 KB, each freed when the next stage has it. By default the C library adapts
after the first of them and keeps such blocks, and the heap fragments: decrypting 50 MB then takes as much memory again.
With a fixed threshold it does not adapt (mallopt(3)); messages of ordinary size have no such blocks and cost the
same as before.
"""

from __future__ import annotations

import ctypes
from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # of glibc's malloc.h
_OWN_PIECE_BYTES: Final = 128 * 1024


def give_large_pieces_back() -> None:
    """For this process. Another C library than glibc is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _OWN_PIECE_BYTES)
