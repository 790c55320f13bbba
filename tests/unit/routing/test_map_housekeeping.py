"""What segl-map forgets once an hour, and by which clock."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from segl.certificates.revoked import Revoked, RevokedCertificates
from segl.clock import Clock
from segl.nodes import Node, announce
from segl.store.engine import open_store
from segl_routing.daemon import _Daemon

DAY = 86_400.0


@pytest.mark.parametrize(
    ("ends", "ahead", "kept"),
    [
        (-100, 0, False),
        (100, 0, True),
        (100, 200, True),  # a minute in which it seems to have ended long ago
        (-100, -9_000, True),
    ],
)
def test_no_clock_that_leaps_forgets_what_was_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: int, ahead: int, kept: bool
) -> None:
    """Nobody may say it again: whoever stands in between keeps the authority's word away. In days from now."""
    engine, now = open_store(f"sqlite:///{tmp_path}/segl.db"), time.time()
    revoked = RevokedCertificates(engine)
    revoked.keep("a", "b", Revoked("key compromise", now, now + ends * DAY))
    announce(engine, Node("here", now, "1", {}))
    silent = SimpleNamespace(prune=lambda before: None)
    daemon = SimpleNamespace(
        _kept=SimpleNamespace(engine=engine, archive=silent, signers=silent),
        _certificates=revoked,
        _clock=Clock(),
        _settings=SimpleNamespace(store=SimpleNamespace(node_name="here")),
    )
    monkeypatch.setattr(time, "time", lambda: now + ahead * DAY)
    asyncio.run(_Daemon._keep_house(cast(Any, daemon)))
    assert (revoked.of("a", "b") is not None) is kept
    engine.dispose()
