"""What a worker has of its own is kept small: one heap for all its threads, and the parent's objects left shared.

Each connection has a thread of its own, and the C library gives threads up to eight heaps a core
(mallopt(3), ``M_ARENA_MAX``). What the encoder borrows for a message then stays behind in each of them: a worker had
over 100 MB of its own after a thousand messages, and went on growing; with one heap it has 30. Threads of Python wait
for one another anyway.

Unless told otherwise the library also takes every piece of 128 KB or more from the kernel and gives it back at once,
and gives back whatever lies free at the end of the heap. The next large message then has its pages made and blanked
anew, again at every copy: 48 page faults a message, of which 7 are left. So some megabytes are kept.

What is freed between pieces that live on is kept too, and is not always what the next piece wants: after some thousand
messages a worker had a tenth more memory than it used. So now and then it gives back the whole pages among it
(malloc_trim(3)); that takes some milliseconds, and a worker in which nothing has happened does nothing.

What is left then still grows, ever more slowly: caches fill, and pieces that stay lie a few to a page. So after some
thousand messages a worker is relieved (:mod:`.relief`).

A forked process shares the parent's memory until one of them writes to it, and Python's cyclic garbage collector writes
to every object it looks at. So what is there before the fork is put aside from it (``gc.freeze``). Nor must a worker's
own small pieces go into the holes that loading has left among the parent's: each would make a page of its own for a few
hundred bytes. So before the fork the holes are filled with pieces that nobody uses. They cost no memory, the pages are
there.
"""

from __future__ import annotations

import ctypes
import gc
from array import array

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_KEPT_BYTES = 8_000_000
_LARGEST_FILLING, _SMALLEST_FILLING, _HEAD = 65_536, 32, 8  # bytes; the library's own come before each piece
_OWN_PIECE_BYTES = 4_000_000  # from here on a piece is taken from the kernel


def share_one_heap() -> None:
    """For this process and those it forks. Another C library than glibc is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _OWN_PIECE_BYTES)


def give_back() -> None:
    """Give whole pages that nothing lies on back to the kernel."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class _Counts(ctypes.Structure):
    """mallinfo2(3), of which two are asked: bytes of the heap, and of what is free at its end."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    )


_fillings = array("Q")  # addresses


def fill_holes() -> None:
    """Take all that is free within the heap, until :func:`open_holes`. For a process that has one thread."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return
    library.mallinfo2.restype = _Counts
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, (ctypes.c_size_t,)
    library.sbrk.restype, library.sbrk.argtypes = ctypes.c_void_p, (ctypes.c_ssize_t,)
    library.free.argtypes = (ctypes.c_void_p,)
    counts = library.mallinfo2()
    end = library.sbrk(0) - counts.keepcost
    size = _LARGEST_FILLING
    while size >= _SMALLEST_FILLING:
        place = library.malloc(size - _HEAD)
        if place is not None and end - counts.arena <= place < end:
            _fillings.append(place)
        else:  # no hole of this size is left
            library.free(place)
            size //= 2


def open_holes() -> None:
    """Before much is loaded anew and the old let go, which would else leave holes beside the filled ones."""
    library = ctypes.CDLL(None)
    library.free.argtypes = (ctypes.c_void_p,)
    for place in _fillings:
        library.free(place)
    del _fillings[:]


def set_aside() -> None:
    """Before forking: no collection in the children looks at what is loaded now. What the last generation was given
    and is no longer used (rules read anew) goes first."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    give_back()
    fill_holes()
