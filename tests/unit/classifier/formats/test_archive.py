"""Archives: every member comes out, at its place, with its name and what stands beside it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.archives import CPR, MEMBERS, USUAL, by_bsdtar, files, gaps, passages, tarred, zipped
from segl_classifier.formats.archives.archive import read


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
