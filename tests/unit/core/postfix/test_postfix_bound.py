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
from segl.postfix.bound import Bound, is_served, left_behind
from segl.postfix.hold_queue import HoldQueue
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from world.peers import SmtpPeer
from world.ports import free_port


def settings(**tables: object) -> Settings:
    return parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, **tables})


def envelope(queue_id: str, *filters: str) -> str:
    records = "".join(f"content_filter: {one}\n" for one in filters)
    file = f"deferred/4/{queue_id} ***"
    middle = f"message_size: 7\n{records}sender: a@nordby.example"
    return f"*** ENVELOPE RECORDS {file}\n{middle}\n*** MESSAGE FILE END {file}\n"


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


def test_mail_is_bound_where_it_must() -> None:
    wanted = {f"segl-secure:[127.0.0.1]:{port}" for port in (10026, 10029, 10031)}
    wanted |= {f"segl-{name}:[127.0.0.1]:10027" for name in ("plain", "unread")}
    assert wanted <= bound.in_force(settings())


FRONT = (
    "segl-secure unix - - n - - smtp\nsegl-open unix - - n - - lmtp\n127.0.0.1:10027 inet n - n - - smtpd\n"
)


@pytest.mark.parametrize(
    ("destination", "served"),
    [
        ("segl-secure:[127.0.0.1]:10026", True),
        ("segl-secure:[127.0.0.1]:10029", False),
        ("segl-secure:[127.0.0.1]:10027", False),  # the front's, not the secure instance's
        ("segl-secure:[::1]:10030", True),
        ("segl-secure:[127.0.0.1]:10031", True),  # at every address
        ("segl-plain:[127.0.0.1]:10027", False),  # the transport is gone
        ("segl-open:unix:/run/old/inbound.sock", True),  # by segl-deliver, or not: no master.cf says
        ("segl-receipt:unix:/run/segl/receipt.sock", False),
    ],
)
def test_whether_somebody_takes_it_stands_in_both_instances_services(destination: str, served: bool) -> None:
    ports = "127.0.0.1:10026", "[::1]:10030", "10031"
    secure = "".join(f"{port} inet n - n - - smtpd\n  -o x=y\n" for port in ports)
    assert is_served(destination, FRONT, secure) is served
    assert not is_served(destination, "", "")


@pytest.mark.parametrize(
    ("there", "first"), [(True, "postfix -c {secure} start"), (False, "segl install --reload")]
)
def test_before_a_release_the_secure_instance_is_started_or_gets_its_port_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: bool, first: str
) -> None:
    """The settings name the entrance of a demand, and `segl install --undo` took it away again."""
    front, secure = tmp_path / "front", tmp_path / "secure"
    now = settings(
        postfix={"front": str(front), "secure": str(secure), "demand_ports": f"127.0.0.1:{free_port()}"}
    )
    port = now.postfix.demand_ports.rpartition(":")[2]
    for folder, text in (
        (front, FRONT),
        (secure, f"127.0.0.1:{port} inet n - n - - smtpd\n" if there else ""),
    ):
        folder.mkdir()
        (folder / "master.cf").write_text(text, "utf-8")
    filters = [f"segl-secure:[127.0.0.1]:{port}"]
    monkeypatch.setattr(hold_queue, "run_postfix", lambda command: postfix({"4jZ6": filters})([*command]))
    with pytest.raises(PostfixError, match="nobody listens") as refused:
        HoldQueue(front).must_be_anew("4jZ6", now)
    hint = f"{first.format(secure=secure)}; then this command again: the message waits"
    assert refused.value.hint == hint
