"""Writes compound files (MS-CFB, version 3), and the Outlook messages and macros that are such files."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file with these streams; a name such as ``storage/stream`` makes storages."""
    names: list[str] = []
    for path in streams:
        parts = path.split("/")
        names += [known for n in range(1, len(parts) + 1) if (known := "/".join(parts[:n])) not in names]
    sectors: list[bytes] = []
    fat: list[int] = []

    def write(data: bytes) -> int:
        """Appends *data* to the sectors; gives the first."""
        first = len(fat)
        count = -(-len(data) // _SECTOR)
        sectors.extend(data[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, b"\0") for n in range(count))
        fat.extend([*range(first + 1, first + count), _END] if count else [])
        return first if count else _END

    mini, minifat = b"", list[int]()
    starts: dict[str, int] = {}
    for path, data in streams.items():
        if len(data) >= _CUTOFF:
            starts[path] = write(data)
        else:
            first, count = len(minifat), -(-len(data) // _MINI)
            mini += data.ljust(count * _MINI, b"\0")
            minifat += [*range(first + 1, first + count), _END] if count else []
            starts[path] = first if count else _END
    root_start = write(mini)
    minifat_start = write(b"".join(struct.pack("<I", entry) for entry in minifat))
    directory = [_entry("Root Entry", 5, _child(names, ""), _FREE, root_start, len(mini))]
    for path in names:
        kind = 2 if path in streams else 1
        start, size = starts.get(path, 0), len(streams.get(path, b""))
        directory.append(
            _entry(path.rpartition("/")[2], kind, _child(names, path), _next(names, path), start, size)
        )
    directory_start = write(b"".join(directory))
    fat_sectors = 1
    while fat_sectors * 128 < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_start = len(fat)
    table = [*fat, *[_FAT] * fat_sectors]
    table += [_FREE] * (fat_sectors * 128 - len(table))
    sectors.append(struct.pack(f"<{len(table)}I", *table))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, fat_sectors, directory_start, 0, _CUTOFF, minifat_start,
                        -(-len(minifat) * 4 // _SECTOR), _END, 0, fat_start)  # fmt: skip
    places = [*range(fat_start, fat_start + fat_sectors)]
    head += struct.pack("<108I", *places[1:], *[_FREE] * (109 - len(places)))
    return head + b"".join(sectors)


def message(streams: Mapping[str, bytes]) -> bytes:
    """An Outlook message: properties as ``0037001F`` or ``__attach_version1.0_#00000000/3701000D/0037001F``."""

    def path(name: str) -> str:
        parts = name.split("/")
        return "/".join(part if part.startswith("__") else f"__substg1.0_{part}" for part in parts)

    return compound(
        {"__properties_version1.0": bytes(32), **{path(name): data for name, data in streams.items()}}
    )


def macros(source: bytes) -> bytes:
    """``vbaProject.bin``, as a docm or xlsm holds it, with one module."""
    return compound({"VBA/M": compressed(source), "PROJECT": b"x"})


def compressed(source: bytes) -> bytes:
    """Source text as MS-OVBA §2.4.1 keeps it, letters only."""
    tokens = b"".join(b"\0" + source[at : at + 8] for at in range(0, len(source), 8))
    return b"\1" + struct.pack("<H", 0xB000 | (len(tokens) - 1)) + tokens


def _inner(names: list[str], path: str) -> list[str]:
    return [name for name in names if name.rpartition("/")[0] == path]


def _child(names: list[str], path: str) -> int:
    inner = _inner(names, path)
    return names.index(inner[0]) + 1 if inner else _FREE


def _next(names: list[str], path: str) -> int:
    """Those of one storage as a list: each is the right neighbour of the one before."""
    inner = _inner(names, path.rpartition("/")[0])
    place = inner.index(path) + 1
    return names.index(inner[place]) + 1 if place < len(inner) else _FREE


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le")
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(raw) + 2, kind, 1, _FREE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
