"""Nodes tell each other, by digests in the store, whether they have the same settings and keys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from segl.cli.doctor_nodes import node_checks
from segl.nodes import Node, announce, nodes_of, not_behind, this_node
from segl.postfix import check_host
from segl.postfix.check import Check, State
from segl.sealed.keys import Secret
from segl.sealed.records import SealedMessage, SealedRecipient, record
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from segl.store.status import look_at_store
from world.object_store import Fault as WireFault
from world.object_store import ObjectStore, Wire
from world.postfix import wait_until
from world.postgresql import PostgreSQL

NOW = 1_800_000_000.0


def settings(folder: Path, node: str, url: str = "", **tables: Any) -> Settings:
    key = folder / "receipts.key"
    if not key.exists():
        key.write_bytes(b"k" * 32)
    portal = {"url": "https://sikker.nordby.example", "sealed": str(folder / "sealed")}
    given: dict[str, Any] = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "store": {"node": node, **({"url": url} if url else {})},
        **tables,
        "receipts": {"key": str(key)} | tables.get("receipts", {}),
        "portal": portal | tables.get("portal", {}),
    }
    return parse_settings(given)


def test_what_must_be_the_same_is_compared_and_what_is_a_nodes_own_is_not(tmp_path: Path) -> None:
    east = this_node(settings(tmp_path, "east"), NOW)
    own = settings(
        tmp_path,
        "west",
        milter={"workers": 3},
        portal={"web": {"workers": 2}},
        postfix={"front": "/etc/other"},
        routing={"nameservers": ["127.0.0.2"], "socket": "/run/other/map.sock"},
        inbound={"authserv_id": "west.nordby.example"},
        decisions={"socket": "/run/other/decisions.sock"},
        canary={"front": "127.0.0.2:25"},
    )
    assert this_node(own, NOW).differs(east) == []
    other = settings(tmp_path, "west", detection={"mode": "shadow"}, portal={"expiry_days": 7})
    assert this_node(other, NOW).differs(east) == ["detection", "portal"]
    (tmp_path / "receipts.key").write_bytes(b"x" * 32)
    assert this_node(settings(tmp_path, "west"), NOW).differs(east) == ["receipts.key"]
    (tmp_path / "receipts.key").unlink()
    (tmp_path / "receipts.key").mkdir()
    assert this_node(settings(tmp_path, "west"), NOW).differs(east) == [], (
        "unreadable is unknown, not different"
    )


@pytest.mark.parametrize(
    ("different", "name"),
    [
        ({"routing": {"least": "dane"}}, "routing"),
        ({"routing": {"order": ["tls", "portal"]}}, "routing"),
        ({"inbound": {"on": True}}, "inbound"),
        ({"receipts": {"send": "all"}}, "receipts"),
        ({"decisions": {"keep_days": 0}}, "decisions"),
        ({"canary": {"every": 60}}, "canary"),
        ({"delivery": {"sign_keys": {"nordby.example": "nordby-2"}}}, "delivery.sign_keys"),
        ({"tunnel_list": [{"name": "forening", "source": "/srv/lists", "format": "pem"}]}, "tunnel_list"),
    ],
)
def test_a_weaker_or_other_way_elsewhere_is_a_difference(
    tmp_path: Path, different: dict[str, Any], name: str
) -> None:
    """What becomes of a message, or what its sender is told, would depend on the node."""
    east = this_node(settings(tmp_path, "east"), NOW)
    assert this_node(settings(tmp_path, "west", **different), NOW).differs(east) == [name]


def test_partners_certificates_are_compared(tmp_path: Path) -> None:
    def node(name: str, *partners: str) -> Node:
        folder = tmp_path / name
        folder.mkdir()
        for partner in partners:
            (folder / f"{partner}.pem").write_text(partner)
        return this_node(settings(tmp_path, name, delivery={"certificates": str(folder)}), NOW)

    east = node("east", "a.example", "b.example")
    assert node("west", "a.example", "b.example").differs(east) == []
    assert node("north", "a.example").differs(east) == ["delivery.certificates"]


def test_a_key_that_is_retired_on_one_node_alone_is_a_difference(tmp_path: Path) -> None:
    def node(name: str, **files: str) -> Node:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file.replace("_", ".")).write_text(text)
        return this_node(settings(tmp_path, name, delivery={"keys": str(folder)}), NOW)

    east = node("east", a_crt_pem="a", a_json='{"state":"retired"}')
    assert node("west", a_crt_pem="a", a_json='{"state":"retired"}', a_key_pem="k").differs(east) == []
    assert node("north", a_crt_pem="a").differs(east) == ["delivery.keys"]


def test_a_folder_that_may_not_be_looked_into_is_unknown_not_different(tmp_path: Path) -> None:
    """Who is not root may not open it (EACCES); root meets another error where it is none (ENOTDIR)."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.crt.pem").write_text("a")
    (tmp_path / "closed").write_text("")

    def node(name: str, folder: str) -> Node:
        place = str(tmp_path / folder)
        return this_node(settings(tmp_path, name, delivery={"keys": place, "certificates": place}), NOW)

    east = node("east", "there")
    assert node("west", "closed").differs(east) == []
    assert node("north", "nowhere").differs(east) == ["delivery.certificates", "delivery.keys"]


def test_a_digest_tells_nothing_of_a_key(tmp_path: Path) -> None:
    marks = this_node(settings(tmp_path, "east"), NOW).marks
    assert b"k" * 8 not in repr(marks).encode()
    assert len(marks["receipts.key"]) == 24


def test_who_was_heard_of_is_known_and_in_time_forgotten(store_url: str, tmp_path: Path) -> None:
    engine = open_store(store_url)
    announce(engine, Node("east", NOW, "1", {"a": "b"}))
    announce(engine, Node("west", NOW, "1", {}))
    announce(engine, Node("east", NOW + 60, "2", {"a": "c"}))
    assert nodes_of(engine) == [Node("east", NOW + 60, "2", {"a": "c"}), Node("west", NOW, "1", {})]
    announce(engine, Node("east", NOW + 31 * 86400, "2", {}))
    assert [one.name for one in nodes_of(engine)] == ["east"]
    engine.dispose()


@pytest.mark.parametrize(
    ("days", "counts"),
    [
        (40, True),  # this clock is behind
        (99, True),
        (101, False),  # that one was ahead
        (400, False),
    ],
)
def test_what_was_heard_from_the_future_counts_for_a_hundred_days(
    store_url: str, days: int, counts: bool
) -> None:
    engine, then = open_store(store_url), NOW + days * 86400
    announce(engine, Node("east", then, "1", {}))
    assert not_behind(engine, NOW) == (then if counts else NOW)
    announce(engine, Node("east", NOW, "1", {}))
    assert nodes_of(engine)[0].seen_at == (then if counts else NOW)
    engine.dispose()


@pytest.mark.parametrize(("days", "behind"), [(2, False), (3, True)])
def test_a_clock_that_is_years_behind_is_known_by_the_days_on_which_messages_were_sealed(
    store_url: str, days: int, behind: bool
) -> None:
    """One that is ahead for a round seals on one day; a machine whose battery died begins years ago."""
    engine, now = open_store(store_url), NOW + 900 * 86400
    announce(engine, Node("east", now, "1", {}))
    for day in range(days):
        message = SealedMessage(f"{day:032}", "a@vand.example", 1, now - day * 86400, now + 30 * 86400)
        record(engine, message, [SealedRecipient(f"{day:032}", "b@by.example", Secret.new(), b"x")])
    assert not_behind(engine, NOW) == (now if behind else NOW)
    announce(engine, Node("east", NOW, "1", {}))
    assert nodes_of(engine)[0].seen_at == (now if behind else NOW)
    engine.dispose()


def test_a_clock_before_this_segl_was_written_is_known_by_that_alone(store_url: str) -> None:
    """A small site has sealed nothing of late, and its machine begins in 2000: a link would end thirty days later."""
    engine, dead = open_store(store_url), 946_684_800.0
    announce(engine, Node("east", NOW, "1", {}))
    assert not_behind(engine, dead) == NOW
    announce(engine, Node("east", dead, "1", {}))
    assert nodes_of(engine)[0].seen_at == NOW
    engine.dispose()


@pytest.mark.parametrize(("later", "counts"), [(0, True), (297, True), (299, False)])
def test_a_clock_far_ahead_that_was_believed_for_three_days_counts_for_three_hundred(
    store_url: str, later: int, counts: bool
) -> None:
    """It cannot be told from one that is behind; the price is named in decision 54."""
    engine, ahead = open_store(store_url), NOW + 400 * 86400
    for day in (2, 1, 0):
        message = SealedMessage(f"{day:032}", "a@vand.example", 1, ahead - day * 86400, ahead + 30 * 86400)
        record(engine, message, [SealedRecipient(f"{day:032}", "b@by.example", Secret.new(), b"x")])
    announce(engine, Node("east", ahead, "1", {}))
    right = NOW + later * 86400  # the time, since the clock was set right
    announce(engine, Node("east", right, "1", {}))
    assert not_behind(engine, right) == (ahead if counts else right)
    engine.dispose()


def test_a_time_that_cannot_be_hides_none_that_counts(store_url: str) -> None:
    engine = open_store(store_url)
    announce(engine, Node("gone", NOW + 400 * 86400, "1", {}))
    announce(engine, Node("west", NOW + 20 * 86400, "1", {}))
    assert not_behind(engine, NOW) == NOW + 20 * 86400
    engine.dispose()


def checks(of: Settings) -> dict[str, Check]:
    return {check.id: check for check in node_checks(of)}


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_the_doctor_names_the_node_that_is_not_the_same_or_in_another_time(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    east, engine = settings(tmp_path, "east", store_url), open_store(store_url)
    monkeypatch.setattr("time.time", lambda: NOW)
    assert checks(east)["nodes"].found == "this is east; the same on no other"
    assert checks(east)["store.server"].state is State.FAIL, "the tests' server has fsync off"
    clock = checks(east)["clock"]
    assert (clock.state, clock.found.endswith("s ahead of the database's")) == (State.WARN, True)
    announce(engine, this_node(settings(tmp_path, "west", store_url), NOW - 60))
    assert checks(east)["nodes"].found == "this is east; the same on west"
    differs = settings(tmp_path, "west", store_url, detection={"mode": "shadow"})
    announce(engine, this_node(differs, NOW - 60))
    found = checks(east)["nodes"]
    assert (found.state, found.found) == (State.FAIL, "not the same as here: west (detection)")
    monkeypatch.setattr("time.time", lambda: NOW + 4 * 3600)
    assert checks(east)["nodes"].found.endswith("silent: west")
    announce(engine, this_node(settings(tmp_path, "west", store_url), NOW))
    monkeypatch.setattr("time.time", lambda: NOW - 4 * 3600)
    ahead = checks(east)["nodes"]
    assert (ahead.state, ahead.found.split(" (")[0]) == (State.WARN, "heard of in the future: west")
    engine.dispose()


def announce_here(here: Settings) -> None:
    engine = open_store(here.store.url)
    announce(engine, this_node(here, NOW))
    engine.dispose()


@pytest.mark.slow
def test_the_doctor_warns_of_a_standby_for_which_no_commit_waits(tmp_path: Path) -> None:
    """When it takes over, the last commits are not there: messages that were called sealed."""
    with PostgreSQL(durable=True) as server:
        east = settings(tmp_path, "east", server.empty_store())
        open_store(east.store.url).dispose()
        found = checks(east)
        assert (found["store.server"].state, found["clock"].state) == (State.OK, State.OK)
        with server.copied():
            warned = checks(east)["store.server"]
            assert (warned.state, warned.found) == (State.WARN, "1 standby; no commit waits for one")
            server.set("synchronous_standby_names", "*")
            assert checks(east)["store.server"].state is State.OK
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(announce_here, east)
            wait_until(lambda: look_at_store(east.store.url).waits > 0, 60, lambda: "no commit waits")
            check = check_host._store(east)
            assert (check.state, "has waited" in check.found) == (State.FAIL, True), "the standby is gone"
            assert not waits.done()
            server.set("synchronous_standby_names", "")
            waits.result(30)
        assert not look_at_store(east.store.url).fault


@pytest.mark.slow
@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_the_doctor_tries_the_place_of_sealed_messages(
    store_url: str, tmp_path: Path, objects: ObjectStore
) -> None:
    from segl.sealed.belonging import storage_of

    with Wire(objects.port) as wire:
        table = objects.storage(wire.port, prefix=f"{tmp_path.name}/")
        storage = {
            "bucket": table.bucket,
            "endpoint": table.endpoint,
            "prefix": table.prefix,
            "credentials": str(table.credentials),
            "seconds": 2.0,
        }
        here = settings(tmp_path, "east", store_url, portal={"storage": storage})
        found = checks(here)
        assert (found["storage"].state, found["storage.ours"].state) == (State.OK, State.OK)
        assert "starts first" in found["storage.ours"].found, "and a look marks nothing"
        engine = open_store(store_url)
        storage_of(here.portal, engine).prepare()
        assert checks(here)["storage.ours"].found.endswith("belongs to our store")
        wire.fault = WireFault.FAILS
        assert "answered 503" in checks(here)["storage"].found
        engine.dispose()
    other = settings(tmp_path, "west", store_url)
    other.portal.sealed.mkdir()
    assert checks(other)["storage.ours"].state is State.FAIL, "a directory of its own, and an old store"
