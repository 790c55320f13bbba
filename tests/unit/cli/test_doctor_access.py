"""What ``segl doctor``, which root runs, says of files that Segl's own users cannot open."""

from __future__ import annotations

import grp
import os
from pathlib import Path

import pytest

from segl.cli import status_host, status_store
from segl.cli.doctor_access import access_checks
from segl.postfix.check import AS_ROOT, Check, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings

GROUPS = {"segl-settings": 4711, "segl-store": 4712}


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is installed."""
    monkeypatch.setattr(grp, "getgrnam", lambda name: grp.struct_group((name, "x", GROUPS[name], [])))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The settings. That it belongs to another group only root could bring about: the groups have numbers of ours."""
    file = tmp_path / "segl.toml"
    file.touch(0o640)
    monkeypatch.setitem(GROUPS, "segl-settings", file.stat().st_gid)
    monkeypatch.setitem(GROUPS, "segl-store", file.stat().st_gid)
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    organisation = {"name": "V", "domains": ["vand.example"]}
    return parse_settings({"organisation": organisation, "store": {"url": f"sqlite:///{tmp_path}/segl.db"}})


def checks(file: Path, settings: Settings) -> dict[str, Check]:
    return {check.id: check for check in access_checks(file, settings)}


@pytest.mark.usefixtures("groups")
@pytest.mark.parametrize(
    ("mode", "state"),
    [(0o640, State.OK), (0o644, State.OK), (0o600, State.FAIL)],
    ids=["as shipped", "anybody may", "an editor wrote it anew"],
)
def test_settings_that_no_process_may_read(file: Path, settings: Settings, mode: int, state: State) -> None:
    file.chmod(mode)
    found = checks(file, settings)["settings.access"]
    assert found.state is state
    if state is State.FAIL:
        assert found.found == f"{file}: not open to the group segl-settings"
        assert found.fix == f"chgrp segl-settings {file}; chmod 640 {file}"


@pytest.mark.usefixtures("groups")
def test_a_store_as_a_backup_brought_it(
    file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = file.with_name("segl.db")
    store.touch()
    store.chmod(0o660)
    log = file.with_name("segl.db-wal")
    log.touch()
    log.chmod(0o660)
    assert checks(file, settings)["store.access"].state is State.OK
    log.chmod(0o640)
    found = checks(file, settings)["store.access"]
    assert (found.state, found.found) == (State.FAIL, f"{log}: not open to the group segl-store")
    log.chmod(0o660)
    monkeypatch.setitem(GROUPS, "segl-store", store.stat().st_gid + 1)
    assert str(store) in checks(file, settings)["store.access"].fix


@pytest.mark.usefixtures("groups")
def test_an_access_list_says_more_than_the_mode(
    file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.chmod(0o600)
    monkeypatch.setattr(os, "listxattr", lambda _: ["system.posix_acl_access"])
    assert checks(file, settings)["settings.access"].state is State.OK


def test_without_the_groups_of_the_package_nothing_is_said(
    file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(grp, "getgrnam", unknown)
    file.chmod(0o600)
    found = checks(file, settings)
    assert {check.state for check in found.values()} == {State.OK}
    assert set(found) == {"settings.access", "store.access"}


@pytest.mark.usefixtures("groups")
def test_a_store_that_may_not_be_looked_at_is_told_of_and_ends_nothing(file: Path) -> None:
    """As somebody meets it who may read the settings, and not enter the store's folder; root is refused nothing, so
    its name is one that the kernel does not take."""
    long = parse_settings(
        {
            "organisation": {"name": "V", "domains": ["vand.example"]},
            "store": {"url": f"sqlite:////{'a' * 5000}"},
        }
    )
    found = checks(file, long)["store.access"]
    assert (found.state, found.fix) == (State.UNKNOWN, AS_ROOT)
    assert "too long" in found.found
    assert status_store.store_line(long).good is None
    queue = status_host.queue_line("queue front", Path(f"/{'a' * 5000}"))
    assert (queue.good, "run segl install" in queue.text) == (None, False)
