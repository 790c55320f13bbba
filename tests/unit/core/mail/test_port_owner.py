"""Whose a port of this host is: the kernel's word, and no more than it says."""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from segl.mail.port_owner import Listener, listeners, owner_of
from segl.vocabulary import Known
from world.needs import ROOT

YES, NO, UNKNOWN = Known.YES, Known.NO, Known.UNKNOWN
STRANGER = os.geteuid() + 4711
V4, V6, ANY_4, ANY_6 = "127.0.0.1", "::1", "0.0.0.0", "::"  # noqa: S104

# From a real host: root at 127.0.0.1:10028, user 1000 at [::1]:10028 and *:10027, and a connection of root's to 10028.
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TAIL = "00000000:00000000 00:00000000 00000000"
TCP = f"""\
{HEAD}   0: 0100007F:272C 00000000:0000 0A {TAIL}     0        0 311 1 0 100 0 0 10 0
   1: 00000000:272B 00000000:0000 0A {TAIL}  1000        0 312 1 0 100 0 0 10 0
   2: 0100007F:272C 0100007F:9C40 01 {TAIL}     0        0 313 1 0 20 4 30 10 -1
"""
TCP6 = f"""\
{HEAD}   0: 00000000000000000000000001000000:272C 00000000000000000000000000000000:0000 0A {TAIL}  1000        0 314 1
"""


def listener(address: str, uid: int = 0, inode: int = 1) -> Listener:
    return Listener(ip_address(address), uid, inode)


def known(host: str, *found: Listener) -> Known:
    some = frozenset(found)
    return owner_of(host, some, some).known


def test_the_kernels_tables_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.byteorder", "little")
    (tmp_path / "tcp").write_text(TCP, "ascii")
    assert listeners(10028, tmp_path) == {listener(V4, 0, 311)}
    (tmp_path / "tcp6").write_text(TCP6, "ascii")
    assert listeners(10028, tmp_path) == {listener(V4, 0, 311), listener(V6, 1000, 314)}
    assert listeners(10027, tmp_path) == {listener(ANY_4, 1000, 312)}
    assert listeners(10026, tmp_path) == frozenset()


@pytest.mark.parametrize("text", ["", "no table\nat all\n", HEAD + "   0: zz:zz 0:0 0A a b c 0 0 1\n"])
def test_where_nothing_is_told_nothing_is_known(tmp_path: Path, text: str) -> None:
    """/proc is not there, or of another kernel."""
    if text:
        (tmp_path / "tcp").write_text(text, "ascii")
    assert listeners(10028, tmp_path) == frozenset()
    assert known(V4) is UNKNOWN


@pytest.mark.parametrize("address", [V4, V6])
def test_a_socket_of_our_own_is_seen_once_it_listens(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as mine:
        mine.bind((address, 0))
        port = mine.getsockname()[1]
        assert listeners(port) == frozenset()
        mine.listen()
        [found] = listeners(port)
        assert found == listener(address, os.geteuid(), os.fstat(mine.fileno()).st_ino)
        assert known(address, found) is YES


@ROOT
def test_the_user_of_a_socket_is_whoever_it_belongs_to() -> None:
    with socket.create_server((V4, 0)) as given:
        os.fchown(given.fileno(), STRANGER, -1)
        [found] = listeners(given.getsockname()[1])
        assert found.uid == STRANGER
        assert known(V4, found) is NO


@pytest.mark.parametrize(
    ("host", "found", "answer"),
    [
        (V4, [listener(V4)], YES),
        (V4, [listener(V4, os.geteuid())], YES),
        (V4, [listener(V4, STRANGER)], NO),
        # the closest address is given the connection
        (V4, [listener(V4), listener(ANY_6, STRANGER)], YES),
        (V4, [listener(V4, STRANGER), listener(ANY_6)], NO),
        (V4, [listener(f"::ffff:{V4}", STRANGER)], NO),
        (V4, [listener(ANY_4, STRANGER), listener("127.0.0.2")], NO),
        (V4, [listener(ANY_6, STRANGER)], NO),
        (V6, [listener(V6), listener(V4, STRANGER)], YES),
        (V6, [listener(ANY_6, STRANGER), listener(ANY_4)], NO),
        ("fe80::1%eth0", [listener("fe80::1")], YES),
        # several at one address: whoever else is there may get it
        (V4, [listener(V4), listener(V4, STRANGER, 2)], NO),
        # another host's, another network namespace's; no address
        (V4, [listener("127.0.0.2"), listener(V6)], UNKNOWN),
        ("192.0.2.1", [listener(V4)], UNKNOWN),
        ("", [listener(V4)], UNKNOWN),
        ("localhost", [listener(V4)], UNKNOWN),
        # a user of another user namespace: its root, or anybody
        (V4, [listener(V4, 65534)], UNKNOWN),
    ],
)
def test_a_port_is_roots_or_it_is_not_or_nobody_knows(
    host: str, found: list[Listener], answer: Known
) -> None:
    assert known(host, *found) is answer


def test_a_port_that_changes_hands_meanwhile_is_nobodys() -> None:
    """Who took the connection could have left the port to root before he said a word."""
    mine, roots = frozenset({listener(V4, STRANGER, 1)}), frozenset({listener(V4, 0, 2)})
    again = frozenset({listener(V4, 0, 3)})
    for before, after in ((mine, roots), (roots, again), (frozenset(), roots)):
        assert owner_of(V4, before, after).known is UNKNOWN
