"""A fault of ours at the end of a message: the message must come again, the next one is served as ever."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from segl.events import Events
from segl.settings.file import parse_settings
from segl.vocabulary import Decision
from segl_classifier.rules import shipped_rules
from segl_milter import session as session_module
from segl_milter.connection import Connection
from segl_milter.decisions import Circumstances
from segl_milter.modifications import Modifications
from segl_milter.protocol import Edits
from segl_milter.protocol import ReplyCode as Ending
from segl_milter.ruling import Ruling
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic
from world.milterclient import Answer, MilterClient

SETTINGS = parse_settings({"organisation": {"name": "V", "domains": ["nordby.example"]}})
SECRET = "010190-1233"
LETTER = f"From: anna@nordby.example\r\nSubject: Din sag\r\n\r\nMit cpr-nummer er {SECRET}.\r\n".encode()


@dataclass
class Line:
    """A connection to a session of ours, and what is known of it besides its answers."""

    client: MilterClient
    server: threading.Thread
    traffic: Traffic
    endings: list[Ending] = field(default_factory=list)
    remembered: list[Decision] = field(default_factory=list)

    def message(self) -> Answer:
        return self.client.message("anna@nordby.example", ["bo@kunde.example"], LETTER)

    def end(self) -> None:
        self.client.close()
        self.server.join(30)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    traffic, endings, remembered = Traffic(), list[Ending](), list[Decision]()

    def remember(ruling: Ruling, _around: Circumstances) -> None:
        remembered.append(ruling.verdict.decision)

    class Told(Session):
        """Tells what each message ended with, too; Postfix sees the words in its place."""

        def end_of_message(self) -> Ending:
            endings.append(super().end_of_message())
            return endings[-1]

    resources = WorkerResources(SETTINGS, shipped_rules(), Events("t"), traffic, remember=remember)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "m"))
        listening.listen()

        def serve() -> None:
            with listening.accept()[0] as accepted:
                Connection(accepted, lambda context: Told(resources, context)).serve()

        server = threading.Thread(target=serve)
        server.start()
        with MilterClient(tmp_path / "m") as client:
            line = Line(client, server, traffic, endings, remembered)
            yield line
            line.end()


def failures() -> float:
    return REGISTRY.get_sample_value("segl_scan_failures_total") or 0.0


def fault(*_args: object, **_named: object) -> None:
    raise ZeroDivisionError(SECRET)


def fault_between_edits(_marks: Modifications, edits: Edits) -> None:
    edits.change_sender("<anna@nordby.example>", "RET=HDRS")
    raise ZeroDivisionError(SECRET)


@pytest.mark.parametrize(
    ("broken", "by"),
    [
        ("ruling_on", fault),
        ("apply_policies", fault),
        ("modifications_for", fault),
        ("make", fault_between_edits),
    ],
)
def test_a_fault_of_ours_lets_the_message_wait_and_the_next_one_is_served(
    line: Line,
    broken: str,
    by: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = failures()
    with monkeypatch.context() as patched:
        patched.setattr(session_module, broken, by)
        answer = line.message()
    assert line.endings == [Ending.TEMPFAIL]
    assert answer.reply.startswith("451 4.3.0 ")
    assert answer.edits == ""
    assert failures() == before + 1
    told = capsys.readouterr()
    assert "ZeroDivisionError" in told.out + told.err
    assert SECRET not in told.out + told.err

    answer = line.message()
    assert line.endings == [Ending.TEMPFAIL, Ending.CONTINUE]
    assert (answer.verdict, answer.headers["X-Segl-Route"]) == ("c", "secure")
    assert failures() == before + 1

    line.end()
    assert line.remembered == [Decision.SECURE], "what must come again is decided on anew"
    assert line.traffic.messages == 0


@pytest.mark.parametrize("broken", ["count", "count_stages", "_printable"])
def test_a_fault_of_ours_in_what_is_told_of_a_message_holds_nothing_up(
    line: Line, broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = failures()
    with monkeypatch.context() as patched:
        patched.setattr(session_module, broken, fault)
        answer = line.message()
    assert (answer.verdict, answer.headers["X-Segl-Route"]) == ("c", "secure")
    line.end()
    assert (line.endings, line.remembered) == ([Ending.CONTINUE], [Decision.SECURE])
    assert failures() == before
    told = capsys.readouterr()
    for said in ("record of a message", "ZeroDivisionError"):  # as JSON or for a terminal
        assert said in told.out + told.err
    assert SECRET not in told.out + told.err
