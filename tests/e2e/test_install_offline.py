"""`segl install` on a host without a network: it works, and says what it could not look up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import namespace
from world.host import Host

pytestmark = pytest.mark.world

RELAYED = (
    "relayhost = relay.nordby.example\ntransport_maps = inline:{{kunde.example=smtp:mx.kunde.example}}\n"
)
WAITS = "mail to domains that are not known yet waits, and none goes a weaker way"


@pytest.fixture
def host(empty_network: None, tmp_path: Path) -> Iterator[Host]:
    with namespace.resolv_conf("nameserver 192.0.2.1\n", tmp_path), Host(RELAYED) as host:
        yield host


def test_it_is_done_in_seconds_and_says_that_no_resolver_answers(host: Host, tmp_path: Path) -> None:
    note = f"note: no answer from the resolver 192.0.2.1: {WAITS}"
    before = host.snapshot()
    began = time.monotonic()
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    with namespace.resolv_conf("", nowhere):
        assert f"no resolver is named: {WAITS}" in host.segl("install", "--dry-run")
    assert host.snapshot() == before
    done = host.segl("install", "--yes")
    assert "Done. The files as they were are in" in done
    assert note in done
    assert "Nothing above was looked up in DNS." in done
    again = host.segl("install", "--yes")
    assert "Nothing to change" in again
    assert note in again
    # Some seconds by itself, and more than a minute where all else runs beside it. What waited for DNS would do so for
    # each of the dozens of programs that are asked.
    assert time.monotonic() - began < 300, "nothing waits for DNS"
    assert (host.secure / "main.cf").exists()
    assert "Everything is as it was before segl install." in host.segl("install", "--undo", "--yes")
