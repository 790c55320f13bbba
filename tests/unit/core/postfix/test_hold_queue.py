"""What of Postfix's hold queue is ours: found, read, or told that it could not be."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer.testing import CliRunner

from segl.cli.main import build
from segl.errors import PostfixError
from segl.postfix import hold_queue
from segl.postfix.hold_queue import HoldQueue
from segl.store.engine import open_store
from world import needs

ID = "ab" * 32


def test_what_waits_is_found_behind_a_long_queue_and_with_any_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Postfix lists the hold queue last; a line separator (U+2028) may stand in an address."""
    recipients = [{"address": "bo\u2028@x.example"}]
    message = {
        "queue_id": "4jZ6",
        "arrival_time": 1,
        "message_size": 2,
        "sender": "",
        "recipients": recipients,
    }
    busy = json.dumps({**message, "queue_name": "deferred"})
    listed = "\n".join([*[busy] * 12_000, json.dumps({**message, "queue_name": "hold"}, ensure_ascii=False)])

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        header = f"X-Segl-Hold: cpr\nX-Segl-Id: {ID}\n\n"
        return CompletedProcess(command, 0, listed if "-j" in command else header, "")

    monkeypatch.setattr(hold_queue, "run_postfix", run)
    waiting = HoldQueue(Path("/nowhere")).waiting()
    [found] = waiting.held
    assert (found.id, found.recipients) == (ID, ("bo\u2028@x.example",))
    assert (waiting.unread, waiting.beyond) == ((), 0)
    monkeypatch.setattr(hold_queue, "run_postfix", lambda *_: CompletedProcess([], 1, "", "no"))
    with pytest.raises(PostfixError):
        HoldQueue(Path("/nowhere")).waiting()


def listed(*queue_ids: str) -> str:
    """What postqueue -j says of messages on hold."""
    common = {"queue_name": "hold", "message_size": 2, "sender": "a@nordby.example", "recipients": []}
    return "\n".join(
        json.dumps({**common, "queue_id": queue_id, "arrival_time": number})
        for number, queue_id in enumerate(queue_ids)
    )


def test_what_cannot_be_read_is_told_and_what_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "4ours": (0, f"X-Segl-Hold: cpr\nX-Segl-Id: {ID}\n\n", ""),
        "4other": (0, "Subject: x\n\n", ""),
        "4gone": (1, "", "postcat: fatal: open queue file 4gone: No such file or directory"),
        "4bad": (1, "", "postcat: fatal: 4bad: malformed queue file"),
    }

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        if "-j" in command:
            return CompletedProcess(command, 0, listed(*said), "")
        return CompletedProcess(command, *said[command[-1]])

    monkeypatch.setattr(hold_queue, "run_postfix", run)
    queue = HoldQueue(Path("/nowhere"))
    waiting = queue.waiting()
    assert [held.queue_id for held in waiting.held] == ["4ours"]
    assert [(one.listed.queue_id, one.why) for one in waiting.unread] == [("4bad", said["4bad"][2])]
    assert [held.id for held in queue.find("4ours", prefix=True)] == [ID]
    assert [held.id for held in queue.find(ID[:8], prefix=True)] == [ID]
    assert queue.find(ID[:4], prefix=False) == queue.find("4gone", prefix=True) == []
    with pytest.raises(PostfixError, match="malformed"):
        queue.find("4bad", prefix=True)


def test_of_very_many_the_oldest_are_looked_at_the_rest_is_counted_and_each_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"4m{number}" for number in range(7)]
    looked: list[str] = []

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        if "-j" in command:
            return CompletedProcess(command, 0, listed(*names), "")
        looked.append(command[-1])
        return CompletedProcess(command, 0, f"X-Segl-Hold: cpr\nX-Segl-Id: {command[-1]}\n\n", "")

    monkeypatch.setattr(hold_queue, "MOST", 5)
    monkeypatch.setattr(hold_queue, "run_postfix", run)
    queue = HoldQueue(Path("/nowhere"))
    waiting = queue.waiting()
    assert ([held.queue_id for held in waiting.held], waiting.beyond) == (names[:5], 2)
    looked.clear()
    assert [held.queue_id for held in queue.find("4m6", prefix=True)] == ["4m6"]
    assert looked == ["4m6"]


@needs.POSTFIX
def test_where_there_is_no_postfix_that_is_what_is_said(tmp_path: Path) -> None:
    with pytest.raises(PostfixError, match="there is no Postfix configuration in") as none:
        HoldQueue(tmp_path).waiting()
    assert "root" not in none.value.hint


def test_what_postfix_says_of_a_queue_that_cannot_be_looked_at_is_told_in_one_line_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Postfix is down postqueue(1) says two lines: that it is, and what came of looking all the same. A file's
    name may be of any bytes."""
    for name in ("main.cf", "master.cf"):
        (tmp_path / name).touch()
    open_store(f"sqlite:///{tmp_path}/segl.db").dispose()
    settings = tmp_path / "segl.toml"
    settings.write_text(
        '[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/segl.db"\n[postfix]\nfront = "{tmp_path}"\n'
    )
    program = tmp_path / "postqueue"
    program.write_bytes(
        b"#!/bin/sh\n"
        b"echo 'postqueue: warning: Mail system is down -- accessing queue directly "
        b"(Connect to the Postfix showq service: No such file or directory)' >&2\n"
        b"echo 'postqueue: fatal: open k\xf8: \xc3\xb8' >&2\nexit 69\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr("segl.postfix.running._PATH", f"{tmp_path}:/usr/bin:/bin")
    done = CliRunner().invoke(build("hold"), ["hold", "list", "--settings", str(settings)])
    assert done.exit_code == 2
    assert done.stderr.splitlines()[0] == (
        "segl: postqueue: warning: Mail system is down -- accessing queue directly "
        "(Connect to the Postfix showq service: No such file or directory); postqueue: fatal: open k\\xf8: ø"
    )
