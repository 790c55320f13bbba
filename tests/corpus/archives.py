"""Archives made here, and what comes out of one."""

from __future__ import annotations

import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

from segl_classifier.formats.content import Allowance, Content

MEGABYTE = 1 << 20
USUAL = Allowance(chars=1_000_000, files=1000, bytes=50 * MEGABYTE)
CPR = b"Cpr 010190-1234"
MEMBERS = {"brev.txt": CPR, "mappe/æøå.csv": b"navn;cpr", "tom.txt": b""}


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
