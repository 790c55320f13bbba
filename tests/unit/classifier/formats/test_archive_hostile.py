"""Archives that are locked, broken or made to swell: what does not come out is told of, within the allowance."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.archives import CPR, MEGABYTE, MEMBERS, USUAL, by_bsdtar, files, gaps, passages, tarred, zipped
from segl_classifier.formats.archives.archive import read

# Written by py7zr 1.1.4 with the password "hemmelig"; in the second the names are encrypted too.
LOCKED_7Z = base64.b64decode(
    "N3q8ryccAASrh7V8ogAAAAAAAAAWAAAAAAAAADNsbxHWR3PXHvrQdUhet3Av8INYa3xr6+G9uQl7iw82gDLyQ+AAgAB6XQAAgTMHrg/QDv4T1qy6"
    "ab/bKAb/eIFIKfWyUT3H8KVgdWxCgIOlJJsis649klmKlwgbyurXHmopTXGGruCj29aUknCcf+jHezxFDRfcwauDHBMlxcQfNqJxP8LK9nJrLT7V"
    "G3gJCcdaHoGCK0FvZv64VSYxfz6tXAAAAAAXBiABCYCCAAcLAQABISEBGAyAgQAA"
)
LOCKED_NAMES_7Z = base64.b64decode(
    "N3q8ryccAAR5JPilsAAAAAAAAAAqAAAAAAAAAG7cF4094zA3syM7yCNRIDk+aEqdLPoXY8OtyT4oOYhHQFid5RwMeC40blB0BssGd1klFTj8eSIL"
    "Dkw44eYJV08fNKCQBSlxNloSMc0oUAELtixC0KHLzOLDrB9osUIm0NvQ2lubDn4cKFj9kb/k6HciqTVcPpVI+yc4X/yc4VxAZbkwK7B7wY+k4CP4"
    "SYzZa6b59qQuQN1zrE/dzKWC+jhAHcacS8lXgsN8qjRhjixlGDv3FhcGIAEJgJAABwsBAAEkBvEHARJTD+P758Zje0MwgELkOreteUsMgIEAAA=="
)


# What does not come out


def test_a_locked_member_is_told_of_and_the_others_are_read() -> None:
    data = bytearray(zipped({"a.txt": b"hej", "010190-1234.docx": CPR}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.rindex(mark) + offset] |= 1
    content = read(bytes(data), "a.zip", USUAL)
    assert files(content) == {"a.txt": b"hej"}
    assert passages(content) == [("names of locked files", "010190-1234.docx")]
    assert gaps(content) == ["encrypted a password on 1 files"]


def test_a_locked_7z_is_told_of() -> None:
    content = read(LOCKED_7Z, "a.7z", USUAL)
    assert gaps(content) == ["encrypted a password on 1 files"]
    assert passages(content) == [("names of locked files", "æøå 010190-1234.txt")]
    assert gaps(read(LOCKED_NAMES_7Z, "a.7z", USUAL)) == ["encrypted a password on 1 files"]


def test_a_locked_zip_by_aes(tmp_path: Path) -> None:
    data = by_bsdtar("zip", tmp_path, "--options", "zip:encryption=aes256", "--passphrase", "hemmelig")
    content = read(data, "a.zip", USUAL)
    assert gaps(content) == ["encrypted a password on 2 files"] or gaps(content) == [
        "encrypted a password on 3 files"
    ]


def test_a_damaged_member_costs_no_other() -> None:
    data = bytearray(zipped({"a.txt": b"hej" * 1000, "b.txt": CPR}, zipfile.ZIP_STORED))
    data[100] ^= 0xFF
    content = read(bytes(data), "a.zip", USUAL)
    assert files(content)["b.txt"] == CPR
    assert gaps(content) == ["damaged a member: BadZipFile"]


def test_bytes_that_no_directory_lists_are_told_of() -> None:
    hidden = zipped({"skjult.txt": CPR})
    local = hidden[: hidden.index(b"PK\1\2")]
    shown = zipped({"a.txt": b"hej"})
    start = shown.index(b"PK\1\2")
    between = bytearray(shown[:start] + local + shown[start:])
    end = between.rindex(b"PK\5\6")
    between[end + 16 : end + 20] = struct.pack("<I", start + len(local))
    assert gaps(read(bytes(between), "a.zip", USUAL)) == [
        f"damaged {len(local)} bytes that its directory does not list"
    ]
    assert gaps(read(shown + CPR * 2, "a.zip", USUAL)) == [
        "damaged 30 bytes that its directory does not list"
    ]
    assert gaps(read(shown + bytes(100), "a.zip", USUAL)) == []
    assert gaps(read(tarred() + tarred(), "a.tar", USUAL))[0].startswith("damaged")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"PK\3\4", "a.zip"),
        (zipped()[:-30], "a.zip"),
        (b"PK\5\6" + bytes(18), "a.zip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a.7z"),
        (b"Rar!\x1a\x07\x00" + bytes(40), "a.rar"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(40), "a.rar"),
        (b"\x1f\x8b\x08", "a.gz"),
        (b"\x1f\x8b", "a.gz"),
        (b"BZh9\0\1\2", "a.bz2"),
        (b"\xfd7zXZ\0", "a.xz"),
        (b"\x28\xb5\x2f\xfd", "a.zst"),
        (b"MSCF" + bytes(60), "a.cab"),
        (bytes(range(256)) * 4, "a.tar"),
        (tarred()[:700], "a.tar"),
        (b"", "a.tar"),
    ],
)
def test_a_broken_archive_is_told_of_or_empty(data: bytes, name: str) -> None:
    content = read(data, name, USUAL)
    assert gaps(content) or data.startswith(b"PK\5\6")


# Bombs


def test_a_bomb_ends_at_the_allowance() -> None:
    swollen = bytes(USUAL.bytes + MEGABYTE)
    for data in (
        zipped({"a": swollen}),
        gzip.compress(swollen, 1),
        bz2.compress(swollen, 1),
        lzma.compress(swollen, preset=0),
    ):
        started = time.process_time()
        content = read(data, "a", USUAL)
        assert gaps(content) == ["too-large more than 50 MB unfolded"]
        assert sum(map(len, files(content).values())) <= USUAL.bytes
        assert time.process_time() - started < 3


# Debian's Python tells of them by a warning, newer ones refuse them
@pytest.mark.filterwarnings("ignore:Overlapped entries")
def test_members_that_share_their_bytes_count_each_time() -> None:
    """As in the bombs that need no nesting: many directory entries, one member."""
    one = zipped({"a": bytes(10 * MEGABYTE)})
    start = one.index(b"PK\1\2")
    end = one.rindex(b"PK\5\6")
    entry = one[start:end]
    many = (
        one[:start]
        + entry * 1000
        + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1000, 1000, len(entry) * 1000, start, 0)
    )
    content = read(many, "a.zip", USUAL)
    assert gaps(content) == ["too-large more than 50 MB unfolded"]


def test_twenty_thousand_members_end_at_the_allowance() -> None:
    data = zipped({f"{number}.txt": CPR for number in range(20_000)}, zipfile.ZIP_STORED)
    started = time.process_time()
    content = read(data, "a.zip", USUAL)
    assert len(content.files) == 1000
    assert gaps(content) == ["too-many more than 1000 files"]
    assert time.process_time() - started < 3


def test_a_tar_of_holes_ends_at_the_allowance() -> None:
    member = tarfile.TarInfo("hul.bin")
    member.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "hul.bin",
        "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,0",
    }  # fmt: skip
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO())
    started = time.process_time()
    content = read(file.getvalue(), "a.tar", USUAL)
    assert gaps(content) == ["too-large more than 50 MB unfolded"]
    assert time.process_time() - started < 3


@given(st.binary(max_size=300), st.sampled_from([b"PK\3\4", b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00",
                                                 b"BZh9", b"\xfd7zXZ\0", b"MSCF\0\0\0\0", b""]))  # fmt: skip
def test_no_noise_raises(noise: bytes, start: bytes) -> None:
    read(start + noise, "a", USUAL)


@given(st.integers(0, 400), st.integers(0, 255))
def test_no_flipped_byte_raises_or_loses_a_member_in_silence(place: int, value: int) -> None:
    data = bytearray(zipped(method=zipfile.ZIP_STORED))
    data[place % len(data)] = value
    content = read(bytes(data), "a.zip", USUAL)
    assert content.lacks or len(content.files) + len(content.passages) >= len(MEMBERS)
