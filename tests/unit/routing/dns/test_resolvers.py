"""Whether a resolver answers at all, and what is told of one that does not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from segl import resolvers
from segl.resolvers import hint_of, place_of, silent, told_of
from world.ports import free_port
from world.signed import SignedDns


@contextmanager
def speaking(*answers: bytes) -> Iterator[tuple[str, int]]:
    """A server that sends *answers* to each question; ``?`` in one stands for the question's number."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.bind(("127.0.0.1", 0))
        ends = threading.Event()

        def serve() -> None:
            sock.settimeout(0.05)
            while not ends.is_set():
                try:
                    question, asker = sock.recvfrom(512)
                except TimeoutError:
                    continue
                for answer in answers:
                    sock.sendto(answer.replace(b"?", question[:2]), asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()
        finally:
            ends.set()
            thread.join()


def test_a_true_resolver_answers(forwarding: SignedDns) -> None:
    assert silent(resolvers.resolvers([forwarding.nameserver])) == []


@pytest.mark.slow
def test_one_that_refuses_answers_too_and_a_strangers_word_does_not_count() -> None:
    with speaking(b"\0\0x", b"?\x81\x05") as refusing, speaking(b"\xff\xff\x81\x05") as stranger:
        assert silent([refusing, stranger]) == [stranger]


@pytest.mark.slow
def test_mute_ones_and_those_who_are_not_there_are_waited_for_together() -> None:
    with speaking() as mute:
        began = time.monotonic()
        dead = [mute, ("127.0.0.1", free_port()), ("::1", free_port()), mute]
        assert silent(dead) == dead
        assert time.monotonic() - began < 2 * resolvers.SECONDS
    assert silent([]) == []


@pytest.mark.parametrize(
    ("conf", "servers"),
    [
        (
            "# nameserver 192.0.2.9\nnameserver 127.0.0.1\nnameserver ::1 \noptions edns0\n",
            ["127.0.0.1", "::1"],
        ),
        ("search x.example\n", []),
        (None, []),
    ],
)
def test_without_nameservers_of_our_own_those_of_the_host_are_asked(
    tmp_path: Path, conf: str | None, servers: list[str]
) -> None:
    file = tmp_path / "resolv.conf"
    if conf is not None:
        file.write_text(conf, "ascii")
    assert [place_of(one) for one in resolvers.resolvers([], file)] == servers
    assert resolvers.resolvers(["192.0.2.1", "[::1]:5353"], file) == [("192.0.2.1", 53), ("::1", 5353)]


def test_what_is_told_names_the_address_and_the_safe_way() -> None:
    one, other = ("127.0.0.1", 53), ("::1", 5353)
    assert told_of([one], []) == ""
    assert told_of([one, other], [other]) == "no answer from the resolver [::1]:5353; 127.0.0.1 answers"
    waits = "mail to domains that are not known yet waits, and none goes a weaker way"
    assert told_of([one], [one]) == f"no answer from the resolver 127.0.0.1: {waits}"
    assert told_of([one, other], [one, other]).startswith(
        "no answer from the resolvers 127.0.0.1, [::1]:5353:"
    )
    assert told_of([], []) == f"no resolver is named: {waits}"
    assert "unbound" in hint_of(one)
    assert "dig @192.0.2.1" in hint_of(("192.0.2.1", 53))
