"""Behind sudo settings are root's word: a file of one's own would say who decides."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build
from segl.cli.trusted import trusted
from segl.errors import SettingsError
from segl_delivery.cms.signed import Signer, sign
from world.needs import ROOT
from world.partners import certificate, ec_key

pytestmark = ROOT

SETTINGS = (
    '[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n[store]\nurl = "sqlite:///{0}/segl.db"\n'
    '[portal]\nurl = "https://sikker.nordby.example"\n'
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "segl.toml"
    found.write_text(SETTINGS.format(tmp_path), "utf-8")
    found.chmod(0o640)
    return found


@pytest.fixture
def behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("SUDO_USER", "lise")


def open_to_all(file: Path) -> None:
    file.chmod(0o646)


def open_to_a_group(file: Path) -> None:
    os.chown(file, -1, 12345)
    file.chmod(0o660)


def of_somebody(file: Path) -> None:
    os.chown(file, 12345, -1)


def in_a_place_of_hers(file: Path) -> None:
    os.chown(file.parent, 12345, -1)


def in_an_open_place(file: Path) -> None:
    file.parent.chmod(0o777)


@pytest.mark.usefixtures("behind_sudo")
@pytest.mark.parametrize(
    "make", [open_to_all, open_to_a_group, of_somebody, in_a_place_of_hers, in_an_open_place]
)
def test_a_file_that_others_may_write_is_refused(file: Path, make: Callable[[Path], None]) -> None:
    assert trusted(file) == file
    make(file)
    with pytest.raises(SettingsError, match="behind sudo settings must be root's"):
        trusted(file)
    link = file.with_name("link")
    link.symlink_to(file)
    with pytest.raises(SettingsError):
        trusted(link)


@pytest.mark.usefixtures("behind_sudo")
def test_a_link_of_hers_is_read_where_it_leads(file: Path, tmp_path: Path) -> None:
    """So she cannot turn it round after it was looked at."""
    place = tmp_path / "hers"
    place.mkdir()
    link = place / "mine.toml"
    link.symlink_to(file)
    os.chown(place, 12345, -1)
    assert trusted(link) == file


@pytest.mark.usefixtures("behind_sudo")
def test_a_directory_where_each_removes_her_own_alone_will_do(file: Path) -> None:
    file.parent.chmod(0o1777)
    assert trusted(file) == file


def test_root_himself_and_a_user_by_herself_read_what_they_like(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SUDO_USER", "SUDO_UID"):
        monkeypatch.delenv(name, raising=False)
    of_somebody(file)
    assert trusted(file) == file


@pytest.mark.usefixtures("behind_sudo")
@pytest.mark.parametrize(
    "typed",
    [
        "audit record",
        "audit settings",
        "certificate find bo@kommune.example",
        "certificate list",
        "cms open FILE",
        "cms seal FILE --to kommune.example",
        "cms verify FILE",
        "decisions list",
        "doctor",
        "domains",
        "explain 0123456789abcdef0123456789abcdef",
        "feedback list",
        "hold list",
        "install --dry-run",
        "key list",
        "receipt list",
        "receipt show 1@nordby.example",
        "route bo@kommune.example",
        "sealed list",
        "status",
        "tunnel list",
    ],
)
def test_every_command_of_what_is_the_houses_refuses_it(file: Path, tmp_path: Path, typed: str) -> None:
    of_somebody(file)
    message = tmp_path / "message"
    message.write_bytes(sign(b"a", Signer(ec_key(), certificate("bo", ec_key())), detached=False))
    words = [str(message) if word == "FILE" else word for word in typed.split()]
    done = CliRunner().invoke(build(words[0]), [*words, "--settings", str(file)])
    assert done.exit_code == 2
    assert "others may write" in done.output
    assert "chown root" in done.output


@pytest.mark.usefixtures("behind_sudo")
@pytest.mark.parametrize("typed", ["settings check FILE", "settings show --settings FILE"])
def test_what_is_not_in_force_yet_may_be_looked_at(file: Path, typed: str) -> None:
    of_somebody(file)
    words = [str(file) if word == "FILE" else word for word in typed.split()]
    assert CliRunner().invoke(build(words[0]), words).exit_code == 0
