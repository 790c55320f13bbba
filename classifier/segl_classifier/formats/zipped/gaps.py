"""Bytes of a zip file that its central directory does not explain (APPNOTE.TXT 6.3.10).

No program shows them, and they may be a whole file all the same: another archive before this one, a member that was
taken out of the directory.
"""

from __future__ import annotations

import zipfile

_LOCAL_HEADER, _END = 30, 22  # sizes (§4.3.7, §4.3.16)
_DESCRIPTOR = 24  # at most so many bytes stand behind a member (§4.3.9)
_UNLISTED = 16  # as many may go unexplained


def unlisted(data: bytes, archive: zipfile.ZipFile) -> int:
    """How many bytes belong to nothing that the directory names; zeros count as padding."""
    hidden = 0
    position = 0
    for member in sorted(archive.infolist(), key=lambda m: m.header_offset):
        start = member.header_offset
        hidden += _written(data[position:start])
        names = int.from_bytes(data[start + 26 : start + 28], "little")
        extra = int.from_bytes(data[start + 28 : start + 30], "little")
        end = start + _LOCAL_HEADER + names + extra + member.compress_size
        if member.flag_bits & 0x8:
            end += _DESCRIPTOR
        position = max(position, end)
    hidden += _written(data[position : archive.start_dir])
    behind = data.rfind(b"PK\5\6") + _END + len(archive.comment)
    return hidden + _written(data[behind:])


def _written(gap: bytes) -> int:
    return len(gap) if len(gap) > _UNLISTED and gap.strip(b"\0") else 0
