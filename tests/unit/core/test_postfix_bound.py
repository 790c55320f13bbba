"""Messages that wait in the front, and where their queue files say they go."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from segl.errors import PostfixError
from segl.postfix import bound, hold_queue
from segl.postfix.bound import Bound, left_behind
from segl.postfix.hold_queue import HoldQueue
from segl.settings import Settings
from segl.settings_file import parse_settings
from world.desk import free_port
from world.peers import SmtpPeer


def settings(**tables: object) -> Settings:
    return parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, **tables})


def envelope(queue_id: str, *filters: str) -> str:
    records = "".join(f"content_filter: {one}\n" for one in filters)
    return f"*** ENVELOPE RECORDS deferred/4/{queue_id} ***\nmessage_size: 7\n{records}sender: a@nordby.example\n"


def postfix(
    filters: dict[str, Sequence[str]], held: Sequence[str] = ()
) -> Callable[..., CompletedProcess[str]]:
    """Its programs, for a queue in which each message names these."""

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        if command[0] == "postqueue":
            names = {each: "hold" if each in held else "deferred" for each in filters}
            lines = [json.dumps({"queue_id": each, "queue_name": name}) for each, name in names.items()]
            return CompletedProcess(command, 0, "\n".join(lines), "")
        shown = "".join(envelope(each, *filters[each]) for each in command[4:] if each in filters)
        return CompletedProcess(command, 0, shown, "")

    return run


def test_what_is_bound_for_a_port_or_socket_that_was_changed_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = settings(
        postfix={"secure_port": "127.0.0.1:10126", "return_port": "127.0.0.1:10027"},
        inbound={"on": False},
    )
    monkeypatch.setattr(
        bound,
        "run_postfix",
        postfix(
            {
                "4old": ["segl-secure:[127.0.0.1]:10026"],
                "4held": ["segl-secure:[127.0.0.1]:10026"],
                "4socket": ["segl-open:unix:/run/old/inbound.sock"],
                "4twice": ["segl-secure:[127.0.0.1]:10026", "segl-plain:[127.0.0.1]:10027"],
                "4now": ["segl-secure:[127.0.0.1]:10126"],
                "4demand": [f"segl-secure:[127.0.0.1]:{changed.postfix.demand_ports.rpartition(':')[2]}"],
                "4opened": [f"segl-open:unix:{changed.delivery.inbound_socket}"],
                "4other": ["amavis:[127.0.0.1]:10024"],
                "4none": [],
            },
            held=["4held"],
        ),
    )
    assert left_behind(changed) == (
        Bound("4old", "segl-secure:[127.0.0.1]:10026", held=False),
        Bound("4held", "segl-secure:[127.0.0.1]:10026", held=True),
        Bound("4socket", "segl-open:unix:/run/old/inbound.sock", held=False),
    )


@pytest.mark.parametrize(
    ("destination", "main", "anew"),
    [
        ("segl-secure:[127.0.0.1]:{port}", "", False),
        ("segl-secure:[127.0.0.1]:1", "segl-secure:[127.0.0.1]:{port}", True),
        ("", "segl-secure:[127.0.0.1]:{port}", True),
    ],
    ids=["in-force", "changed", "none"],
)
def test_a_message_on_hold_goes_by_what_is_in_force_and_answers(
    monkeypatch: pytest.MonkeyPatch, destination: str, main: str, anew: bool
) -> None:
    port = free_port()
    filters = [destination.format(port=port)] if destination else []
    front = SimpleNamespace(service=lambda *_: None, value=lambda *_: main.format(port=port))
    monkeypatch.setattr(hold_queue, "run_postfix", lambda command: postfix({"4jZ6": filters})([*command]))
    monkeypatch.setattr(hold_queue, "read_instance", lambda _: front)
    queue, now = HoldQueue(Path("/nowhere")), settings(postfix={"secure_port": f"127.0.0.1:{port}"})
    with pytest.raises(PostfixError, match="nobody listens") as refused:
        queue.must_be_anew("4jZ6", now)
    assert "the message waits" in refused.value.hint
    with SmtpPeer("127.0.0.1", port):
        assert queue.must_be_anew("4jZ6", now) is anew


def test_it_does_not_go_while_postfix_would_send_it_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """segl install has not been run since the port was changed; or somebody took content_filter out."""
    front = SimpleNamespace(service=lambda *_: None, value=lambda *_: "")
    monkeypatch.setattr(hold_queue, "run_postfix", postfix({"4jZ6": ["segl-secure:[127.0.0.1]:1"]}))
    monkeypatch.setattr(hold_queue, "read_instance", lambda _: front)
    with pytest.raises(PostfixError, match="no more") as refused:
        HoldQueue(Path("/nowhere")).must_be_anew("4jZ6", settings())
    assert "segl install --reload" in refused.value.hint


def test_segls_own_mail_is_bound_where_it_must() -> None:
    wanted = {f"segl-secure:[127.0.0.1]:{port}" for port in (10026, 10029, 10031)}
    assert wanted <= bound.in_force(settings())
