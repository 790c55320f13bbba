"""A log proves how a mail went where nobody else could have written it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segl.cli.doctor_receipts import receipt_checks
from segl.postfix.check import State as Health
from segl_delivery.receipts import log_trust
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
