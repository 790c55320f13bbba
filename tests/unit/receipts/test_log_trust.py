"""A log proves how a mail went where nobody else could have written it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.cli.doctor_receipts import receipt_checks
from segl.postfix.check import State as Health
from segl.settings.document import Store
from segl.store.engine import transaction
from segl.tables.receipts import log_position
from segl_delivery.receipts import log_trust
from segl_delivery.receipts.unread_log import key_of
from world.stores import store_in
from world.told import settings

ME = frozenset({os.geteuid()})
MINE = frozenset({os.getegid()})
NOBODYS: frozenset[int] = frozenset()


@pytest.mark.parametrize(
    ("log_mode", "folder_mode", "users", "groups", "said"),
    [
        (0o640, 0o755, ME, NOBODYS, ""),
        (0o660, 0o775, ME, MINE, ""),
        (0o640, 0o1777, ME, NOBODYS, ""),
        (0o646, 0o755, ME, MINE, "anybody may write to it"),
        (0o660, 0o755, ME, NOBODYS, "may write to it"),
        (0o640, 0o755, NOBODYS, MINE, "it belongs to user"),
        (0o640, 0o757, ME, MINE, "anybody may put another in its place"),
        (0o640, 0o775, ME, NOBODYS, "may put another in its place"),
    ],
)
def test_a_log_that_others_of_the_host_could_write_proves_nothing(
    tmp_path: Path,
    log_mode: int,
    folder_mode: int,
    users: frozenset[int],
    groups: frozenset[int],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """*users* and *groups*: those that write logs."""
    monkeypatch.setattr(log_trust, "_users", lambda: users)
    monkeypatch.setattr(log_trust, "_groups", lambda: groups)
    folder = tmp_path / "log"
    folder.mkdir()
    log = folder / "mail.log"
    log.touch()
    log.chmod(log_mode)
    folder.chmod(folder_mode)
    assert said in log_trust.forgeable(log)
    assert bool(log_trust.forgeable(log)) is bool(said)


@pytest.mark.parametrize(
    ("mode", "state", "said"),
    [
        (0o640, Health.OK, "mode 0640"),
        (0o600, Health.WARN, "mode 0600"),
        (0o646, Health.WARN, "anybody may write to it"),
    ],
)
def test_the_doctor_says_whether_the_log_can_be_read_and_believed(
    tmp_path: Path, mode: int, state: Health, said: str
) -> None:
    log = tmp_path / "mail.log"
    log.touch()
    log.chmod(mode)
    [check] = receipt_checks(settings(log=str(log)))
    assert (check.id, check.state) == ("receipts.log", state)
    assert said in check.found
    assert ("cannot be told" in check.found) is (state is Health.OK), "there is no store"


@pytest.mark.parametrize(
    ("age", "behind", "state"),
    [(300, 0, Health.OK), (300, 100, Health.OK), (300, 5_000, Health.WARN), (1, 5_000, Health.OK)],
    ids=["read", "half a line", "not read", "on its way"],
)
def test_the_doctor_goes_by_what_segl_deliver_has_read(
    tmp_path: Path, engine: Engine, age: float, behind: int, state: Health
) -> None:
    """Its mode says that it may be read, and the unit may say otherwise."""
    log = tmp_path / "mail.log"
    log.write_bytes(b"x\n" * 5_000)
    log.chmod(0o640)
    os.utime(log, (0, time.time() - age))
    chosen = replace(settings(log=str(log)), store=Store(url=store_in(tmp_path), node="here"))
    position = json.dumps({"inode": log.stat().st_ino, "offset": log.stat().st_size - behind})
    with transaction(engine) as connection:
        connection.execute(log_position.insert().values(log=key_of("here", log), position=position))
    [check] = receipt_checks(chosen)
    assert (check.state, "segl-deliver has not read" in check.found) == (state, state is Health.WARN)
    assert "cannot be told" not in check.found
