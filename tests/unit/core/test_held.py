"""What waits on hold is seen from outside: how many, since when, and whether anybody looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from segl import held
from segl.cli.main import build
from segl.events import Events
from segl.held import HeldLook
from segl.postfix.hold_queue import Held, HoldQueue, Listed, Unread, Waiting
from segl.postfix.holding import Holding
from segl.store.engine import open_store
from segl_delivery.held import HeldWatch

NOW = 1_790_000_000.0


def gauge(name: str, host: str) -> float | None:
    return REGISTRY.get_sample_value(f"segl_held_{name}", {"host": host})


def test_each_node_tells_of_its_own_queue(engine: Engine) -> None:
    held.note(engine, HeldLook("mx1", NOW - 90, 9, NOW - 9000))
    held.note(engine, HeldLook("mx1", NOW - 30, 2, NOW - 7000))
    held.note(engine, HeldLook("mx2", NOW - 4000, 0, None))
    held.note(engine, HeldLook("gone", NOW - 90_000, 5, NOW - 99_000))
    HeldWatch(engine, Events("segl-deliver")).look(NOW)
    assert [gauge("messages", host) for host in ("mx1", "mx2", "gone")] == [2, 0, None]
    assert [gauge("oldest_seconds", host) for host in ("mx1", "mx2")] == [7000, 0]
    assert [gauge("looked_timestamp_seconds", host) for host in ("mx1", "mx2")] == [NOW - 30, NOW - 4000]


def test_the_command_of_the_timer_writes_it_down_before_it_tells_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a notice which fails hides nothing. What could not be read, or was not looked at, waits too."""
    file, url = tmp_path / "segl.toml", f"sqlite:///{tmp_path}/segl.db"
    file.write_text(
        f'[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n[store]\nurl = "{url}"\nnode = "mx1"\n'
    )
    open_store(url).dispose()
    listed = Listed("4jZ7", NOW - 500, 9, "bo@nordby.example", ())
    one = Held("4jZ6", "ab" * 32, NOW - 300, 900, "anna@nordby.example", ("bo@x.example",), ("cpr",))
    waiting = Waiting((one,), (Unread(listed, "denied"),), 3)

    def fails(*_: object) -> list[Held]:
        raise RuntimeError("no notice goes out")

    monkeypatch.setattr(HoldQueue, "waiting", lambda _: waiting)
    monkeypatch.setattr(Holding, "tell", fails)
    done = CliRunner().invoke(build("hold"), ["hold", "tell", "--settings", str(file)])
    assert isinstance(done.exception, RuntimeError), done.output
    engine = open_store(url)
    [found] = held.lately(engine, NOW)
    engine.dispose()
    assert (found.host, found.messages, found.oldest_at) == ("mx1", 5, NOW - 500)
