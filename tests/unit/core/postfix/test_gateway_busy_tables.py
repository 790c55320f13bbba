"""A table that a gateway's Postfix could not be asked in this moment refuses nothing and allows nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl.postfix import gateway
from segl.postfix.refusals import Refusal
from segl.postfix.running import Instance
from segl.postfix.tables import TableBusy, TableUnread
from segl.settings.file import load_settings

SETTINGS = """
[organisation]
name = "Vandet"
domains = ["vand.example"]
[postfix.gateway]
clients = ["192.0.2.0/24"]
deliver_to = "[192.0.2.1]:25"
"""
FRONT = Instance(directory=Path("/etc/postfix"), parameters={}, written=frozenset(), services=())


def refusals(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[Refusal]:
    def unread(*_: object) -> bool:
        raise error

    monkeypatch.setattr(gateway, "takes_domain", unread)
    file = folder / "segl.toml"
    file.write_text(SETTINGS, "utf-8")
    return list(gateway.gateway_refusals(load_settings(file), FRONT))


def test_a_busy_table_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TableBusy):
        refusals(tmp_path, monkeypatch, TableBusy("hash:/x is busy"))


def test_one_that_cannot_be_read_at_all_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusals(tmp_path, monkeypatch, TableUnread("hash:/x is not there")) == []
