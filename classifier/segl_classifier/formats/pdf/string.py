"""Strings out of PDFium: its functions say how long a string is, and fill a buffer at a second call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

_MOST = 50_000_000  # bytes of one string
_EMPTY = 2  # bytes: the zero


def raw_bytes(function: Callable[..., int], *arguments: Any) -> bytes:
    """What *function* writes into a buffer given behind *arguments*."""
    return _filled(function, arguments, int(function(*arguments, None, 0)))


def wide_string(function: Callable[..., int], *arguments: Any) -> str:
    """The UTF-16 string that *function* gives, without the zero at its end."""
    size = int(function(*arguments, None, 0))
    if size <= _EMPTY:  # as most are
        return ""
    return _filled(function, arguments, size).decode("utf-16-le", "replace").rstrip("\0")


def _filled(function: Callable[..., int], arguments: tuple[Any, ...], size: int) -> bytes:
    if not 0 < size <= _MOST:
        return b""
    buffer = ctypes.create_string_buffer(size)
    # The buffer is of the type that the function declares: characters of one byte, of two, or void.
    wanted = getattr(function, "argtypes", None)
    pointer = ctypes.cast(buffer, wanted[len(arguments)]) if wanted else buffer
    function(*arguments, pointer, size)
    return buffer.raw
