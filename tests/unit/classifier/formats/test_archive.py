"""Archives: every member comes out, at its place, within the allowance, and what does not is told of."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.formats.archives.archive import read
from segl_classifier.formats.content import Allowance, Content

MEGABYTE = 1 << 20
USUAL = Allowance(chars=1_000_000, files=1000, bytes=50 * MEGABYTE)
CPR = b"Cpr 010190-1234"
MEMBERS = {"brev.txt": CPR, "mappe/æøå.csv": b"navn;cpr", "tom.txt": b""}

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


def zipped(members: dict[str, bytes] = MEMBERS, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes] = MEMBERS, form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def by_bsdtar(form: str, tmp_path: Path, *options: str) -> bytes:
    for name, content in MEMBERS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    target = tmp_path / "archive"
    command = ["bsdtar", "-cf", str(target), "--format", form, *options, "-C", str(tmp_path), *MEMBERS]
    subprocess.run(command, check=True, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin"})
    return target.read_bytes()


def files(content: Content) -> dict[str, bytes]:
    return {file.name: file.data for file in content.files}


def gaps(content: Content) -> list[str]:
    return [f"{lack.cause} {lack.detail}" for lack in content.lacks]


def passages(content: Content) -> list[tuple[str, str]]:
    return [(passage.place, passage.text) for passage in content.passages]


@pytest.mark.parametrize(
    "data",
    [
        zipped(),
        zipped(method=zipfile.ZIP_STORED),
        zipped(method=zipfile.ZIP_BZIP2),
        zipped(method=zipfile.ZIP_LZMA),
        tarred(),
        tarred(form=tarfile.GNU_FORMAT),
        tarred(form=tarfile.USTAR_FORMAT),
    ],
    ids=["deflated", "stored", "bzip2", "lzma", "pax", "gnu", "ustar"],
)
def test_every_member_comes_out(data: bytes) -> None:
    content = read(data, "bilag", USUAL)
    assert files(content) == MEMBERS
    assert gaps(content) == []


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("7zip", ["--options", "7zip:compression=lzma2"]),
        ("7zip", ["--options", "7zip:compression=ppmd"]),
        ("7zip", ["--options", "7zip:compression=deflate"]),
    ],
)
def test_every_member_of_a_7z_comes_out(form: str, options: list[str], tmp_path: Path) -> None:
    content = read(by_bsdtar(form, tmp_path, *options), "bilag.7z", USUAL)
    assert files(content) == MEMBERS
    assert gaps(content) == []


@pytest.mark.parametrize(
    ("compress", "name", "inner"),
    [
        (gzip.compress, "brev.txt.gz", "brev.txt"),
        (bz2.compress, "brev.txt.bz2", "brev.txt"),
        (lzma.compress, "brev.txt.xz", "brev.txt"),
        (gzip.compress, "bilag.tgz", "bilag.tar"),
        (lzma.compress, "bilag.TXZ", "bilag.tar"),
        (gzip.compress, "", ""),
    ],
)
def test_a_compressed_file_is_one_file(compress: Callable[[bytes], bytes], name: str, inner: str) -> None:
    content = read(compress(CPR), name, USUAL)
    assert files(content) == {inner: CPR}
    assert gaps(content) == []


def test_a_zstd_file_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CPR * 1000)
    target = tmp_path / "a.zst"
    command = ["bsdtar", "-cf", str(target), "--format", "raw", "--zstd", "-C", str(tmp_path), "a"]
    subprocess.run(command, check=True)
    data = target.read_bytes()
    assert data[:4] == b"\x28\xb5\x2f\xfd"
    assert files(read(data, "a.txt.zst", USUAL)) == {"a.txt": CPR * 1000}


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_streams_one_behind_another_are_all_read(compress: Callable[[bytes], bytes]) -> None:
    content = read(compress(b"hej ") + compress(CPR) + b"\0" * 20, "a.gz", USUAL)
    assert files(content) == {"a": b"hej " + CPR}
    assert gaps(content) == []


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_stands_behind_the_last_stream_is_told_of(compress: Callable[[bytes], bytes]) -> None:
    content = read(compress(CPR) + CPR, "a.gz", USUAL)
    assert files(content) == {"a": CPR}
    assert len(gaps(content)) == 1
    assert gaps(content)[0].startswith("damaged")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_a_cut_file_gives_what_is_there(compress: Callable[[bytes], bytes]) -> None:
    whole = bytes(range(256)) * 8_000
    data = (gzip.compress if compress is zlib.compress else compress)(whole)
    content = read(data[:-7], "a.gz", USUAL)
    assert whole.startswith(files(content)["a"])
    assert gaps(content)[0].startswith("damaged")


def test_the_name_in_a_gzip_file_is_its_name() -> None:
    file = io.BytesIO()
    with gzip.GzipFile("010190-1234.txt", "wb", fileobj=file) as stream:
        stream.write(b"hej")
    assert files(read(file.getvalue(), "a.gz", USUAL)) == {"010190-1234.txt": b"hej"}
    named = b"\x1f\x8b\x08\x1c" + bytes(6) + b"\x02\x00xy" + b"n.txt\0" + b"cpr 010190-1234\0"
    content = read(named + gzip.compress(b"hej")[10:], "a.gz", USUAL)
    assert files(content) == {"n.txt": b"hej"}
    assert passages(content) == [("comment", "cpr 010190-1234")]


# Names, comments, links, folders: sent too


@pytest.mark.parametrize(
    ("raw", "flags", "shown"),
    [
        ("Blå øl.txt".encode("cp850"), 0, "Blå øl.txt"),
        ("Blå øl.txt".encode(), 0, "Blå øl.txt"),
        ("Blå øl.txt".encode(), 0x800, "Blå øl.txt"),
        (b"010190-1234.txt", 0, "010190-1234.txt"),
        (b"a\0010190-1234", 0, "a\0010190-1234"),
    ],
)
def test_names_in_a_zip_are_read_as_written(raw: bytes, flags: int, shown: str) -> None:
    data = zipped({"x" * len(raw): b"hej"}).replace(b"x" * len(raw), raw)
    place = data.index(b"PK\1\2") + 8
    data = data[:6] + struct.pack("<H", flags) + data[8:place] + struct.pack("<H", flags) + data[place + 2 :]
    assert files(read(data, "a.zip", USUAL)) == {shown: b"hej"}


def test_how_a_name_is_written_is_told_by_the_directory() -> None:
    data = bytearray(zipped())
    data[data.find("mappe/æøå.csv".encode()) - 30 + 7] &= ~0x08  # its own header says it is not UTF-8
    assert files(read(bytes(data), "arkiv.zip", USUAL)) == MEMBERS


def test_what_stands_beside_the_members_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = b"Hele sagen 010190-1234"
        member = zipfile.ZipInfo("a.txt")
        member.comment = b"En bem\x91rkning"
        archive.writestr(member, "hej")
        archive.mkdir("Sag 010190-1234") if hasattr(archive, "mkdir") else archive.writestr(
            "Sag 010190-1234/", ""
        )
    content = read(file.getvalue(), "a.zip", USUAL)
    assert passages(content) == [
        ("comment", "Hele sagen 010190-1234"),
        ("comment", "En bemærkning"),
        ("folders", "Sag 010190-1234/"),
    ]
    assert gaps(content) == []


def test_it_is_read_beside_a_member_of_a_compression_unknown_here() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"Hele sagen 010190-1234"
        for name in ("a.txt", "b.txt"):
            archive.writestr(name, "hej " * 9)
    data = bytearray(file.getvalue())
    place = data.index(b"PK\1\2")
    data[place + 10 : place + 12] = b"\x63\0"
    content = read(bytes(data) + CPR * 2, "a.zip", USUAL)
    assert ("comment", "Hele sagen 010190-1234") in passages(content)
    assert "damaged 30 bytes that its directory does not list" in gaps(content)


def test_more_names_than_are_kept_are_told_of() -> None:
    content = read(zipped({f"{number:0200}/": b"" for number in range(900)}), "a.zip", USUAL)
    assert gaps(content) == ["too-large more than 100000 characters of names"]


def test_links_folders_and_comments_of_a_tar_are_read() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folder = tarfile.TarInfo("Sag 010190-1234")
        folder.type = tarfile.DIRTYPE
        link = tarfile.TarInfo("nyeste")
        link.type, link.linkname = tarfile.SYMTYPE, "../010190-1234.txt"
        told = tarfile.TarInfo("a.txt")
        told.pax_headers = {"comment": "cpr 010190-1234"}
        for member in (folder, link, told):
            archive.addfile(member, io.BytesIO())
    content = read(file.getvalue(), "a.tar", USUAL)
    assert passages(content) == [
        ("link", "nyeste\n../010190-1234.txt"),
        ("comment", "cpr 010190-1234"),
        ("folders", "Sag 010190-1234"),
    ]


def test_an_old_tar_with_names_in_latin_1() -> None:
    data = tarred({"xxx.txt": CPR}, tarfile.USTAR_FORMAT)
    block = bytearray(data[:512].replace(b"xxx.txt", "blå.txt".encode("latin-1")))
    block[257:265] = bytes(8)  # without the mark of ustar
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert files(read(bytes(block) + data[512:], "a.tar", USUAL)) == {"blå.txt": CPR}


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
    for data in (
        zipped({"a": bytes(100 * MEGABYTE)}),
        gzip.compress(bytes(100 * MEGABYTE), 1),
        bz2.compress(bytes(60 * MEGABYTE), 1),
        lzma.compress(bytes(60 * MEGABYTE), preset=0),
    ):
        started = time.perf_counter()
        content = read(data, "a", USUAL)
        assert gaps(content) == ["too-large more than 50 MB unfolded"]
        assert sum(map(len, files(content).values())) <= USUAL.bytes
        assert time.perf_counter() - started < 3


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
    started = time.perf_counter()
    content = read(data, "a.zip", USUAL)
    assert len(content.files) == 1000
    assert gaps(content) == ["too-many more than 1000 files"]
    assert time.perf_counter() - started < 3


def test_a_tar_of_holes_ends_at_the_allowance() -> None:
    member = tarfile.TarInfo("hul.bin")
    member.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "hul.bin",
        "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,0",
    }  # fmt: skip
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO())
    started = time.perf_counter()
    content = read(file.getvalue(), "a.tar", USUAL)
    assert gaps(content) == ["too-large more than 50 MB unfolded"]
    assert time.perf_counter() - started < 3


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
