"""A file that ``segl`` was to write and could not, the disk being full, is not left behind in part."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl_delivery.own_keys.directory import KeyDirectory, KeyRefused
from world import needs
from world.oracle import Identity
from world.partners import rsa_key


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a key of its own; where the settings lie comes out."""
    folder = tmp_path_factory.mktemp("house")
    file = folder / "segl.toml"
    file.write_text(
        f'[organisation]\nname = "V"\ndomains = ["nordby.example"]\n[delivery]\nkeys = "{folder}/keys"\n',
        "utf-8",
    )
    assert segl("key", "new", "--algorithm", "p-256", "--settings", file).exit_code == 0
    return file


def segl(command: str, *words: str | Path, room: int | None = None) -> Result:
    """*room*: so many bytes a file may have (setrlimit(2)), as if no more fitted on the disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft if room is None else room, hard))
    try:
        return CliRunner().invoke(build(command), [command, *map(str, words)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_certificate_is_given_out_whole_or_not(house: Path, tmp_path: Path) -> None:
    asked = ("key", "export", "nordby.example", "--out", tmp_path / "x.pem", "--settings", house)
    done = segl(*asked, room=100)
    assert (done.exit_code, done.stderr) == (1, f"segl: {tmp_path}/x.pem: File too large\n")
    assert list(tmp_path.iterdir()) == []
    assert segl(*asked).exit_code == 0


def test_what_is_encrypted_is_written_whole_or_not(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anna = Identity.new(tmp_path_factory.mktemp("anna"), "anna", rsa_key())
    file = tmp_path_factory.mktemp("clear") / "m.eml"
    file.write_bytes(b"Subject: x\r\n\r\nhej\r\n")
    asked = ("cms", "seal", file, "--to", anna.cert_file, "--out", tmp_path / "x.der")
    done = segl(*asked, room=100)
    assert (done.exit_code, done.stderr) == (2, f"segl: {tmp_path}/x.der: File too large\n")
    assert list(tmp_path.iterdir()) == []
    assert segl(*asked).exit_code == 0, "nothing is in its way"


@needs.ROOT
def test_who_may_not_write_keys_is_told_to_be_root_and_root_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyRefused) as told, KeyDirectory(tmp_path / "file" / "keys").alone():
        pass
    assert (told.value.private, told.value.hint) == (f"{tmp_path}/file/keys: Not a directory", "")
    os.seteuid(65_534)
    try:
        with pytest.raises(KeyRefused) as told, KeyDirectory(tmp_path / "keys").alone():
            pass
    finally:
        os.seteuid(0)
    assert told.value.hint == "run as root"
