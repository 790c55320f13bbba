"""What the doctor says of the resolvers that Postfix and segl-map ask."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from segl.postfix import check_resolver
from segl.postfix.check import Check, State
from segl.postfix.check_resolver import resolver_checks
from segl.settings.file import parse_settings
from world.ports import free_port
from world.signed import SignedDns


def checks(tmp_path: Path, *nameservers: str, resolv_conf: str = "", **routing: Any) -> list[Check]:
    file = tmp_path / "resolv.conf"
    file.write_text(resolv_conf, "ascii")
    settings = parse_settings(
        {
            "organisation": {"name": "N", "domains": ["nordby.example"]},
            "routing": {"nameservers": list(nameservers), **routing},
        }
    )
    return list(resolver_checks(settings.routing, file))


def of_map(tmp_path: Path, *nameservers: str, **routing: Any) -> Check:
    [check] = [c for c in checks(tmp_path, *nameservers, **routing) if "asked by segl-map" in c.found]
    return check


def test_a_resolver_beside_us_that_validates_is_ok(tmp_path: Path, validating: SignedDns) -> None:
    check = of_map(tmp_path, validating.nameserver)
    assert (check.id, check.state) == ("host.resolver", State.OK)
    assert check.found == f"{validating.nameserver}, asked by segl-map, validates DNSSEC"


def test_one_that_does_not_validate_is_a_warning_with_a_repair(tmp_path: Path, forwarding: SignedDns) -> None:
    check = of_map(tmp_path, forwarding.nameserver)
    assert check.state is State.WARN
    assert "does not validate DNSSEC" in check.found
    assert "DANE" in check.why
    assert "install unbound" in check.fix


def test_each_of_several_is_judged(tmp_path: Path, validating: SignedDns, forwarding: SignedDns) -> None:
    found = checks(tmp_path, validating.nameserver, forwarding.nameserver)
    assert [check.state for check in found[1:]] == [State.OK, State.WARN]


def test_one_that_does_not_answer_fails_and_the_safe_way_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_resolver, "_SECONDS", 0.2)
    dead = f"127.0.0.1:{free_port()}"
    check = of_map(tmp_path, dead)
    assert (check.state, check.found) == (
        State.FAIL,
        f"no answer from the resolver {dead}, asked by segl-map",
    )
    assert "waits, and none goes a weaker way" in check.why
    assert "systemctl status unbound" in check.fix


def test_no_resolver_is_unknown(tmp_path: Path) -> None:
    [check] = checks(tmp_path)
    assert (check.state, "names no resolver" in check.found) == (State.UNKNOWN, True)


@pytest.mark.parametrize("listens", [True, False], ids=["takes the connection and is silent", "is not there"])
def test_one_that_answers_by_udp_alone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    """A firewall in between lets UDP through. Postfix waits for an answer over TCP without end."""
    monkeypatch.setattr(check_resolver, "_says_ad", lambda server: True)
    monkeypatch.setattr(check_resolver, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1] if listens else free_port()}"
        _, by_tcp = [c for c in checks(tmp_path, place) if "asked by segl-map" in c.found]
    assert (by_tcp.id, by_tcp.state) == ("host.resolver", State.WARN)
    assert by_tcp.found == f"{place}, asked by segl-map, does not answer over TCP"
    assert "TCP port 53" in by_tcp.fix


def test_both_ask_the_resolver_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_resolver, "_says_ad", lambda server: True)
    monkeypatch.setattr(check_resolver, "_takes_tcp", lambda server: True)
    [check] = checks(tmp_path, resolv_conf="nameserver 127.0.0.53\n")
    assert check.found == "127.0.0.53, asked by Postfix and segl-map, validates DNSSEC"


@pytest.mark.parametrize(("trusted", "state"), [([], State.WARN), (["192.0.2.53"], State.OK)])
def test_the_word_of_another_host_counts_when_the_postmaster_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: list[str], state: State
) -> None:
    monkeypatch.setattr(check_resolver, "_says_ad", lambda server: True)
    monkeypatch.setattr(check_resolver, "_takes_tcp", lambda server: True)
    [check] = checks(tmp_path, resolv_conf="nameserver 192.0.2.53\n", trusted_resolvers=trusted)
    assert check.state is state
