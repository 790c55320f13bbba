"""Large pieces of memory go back to the kernel as soon as they are free.

A large message passes through in pieces of 256 KB, each freed when the next stage has it. Left to itself, the C library
learns from the first of them that such pieces are to be kept for later, and what is free lies between what is not:
opening 50 MB then takes as much again. With the threshold set it learns nothing (mallopt(3)); a message of ordinary
size has no such pieces and costs what it did.
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
