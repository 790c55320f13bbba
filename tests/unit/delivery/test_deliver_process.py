"""segl-deliver as a process: start, stop, reload, a second one, and what it tells."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select

from segl import audit
from segl.sealed import life
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_recipient
from segl_delivery.daemon import main
from world.delivering import BO, MESSAGE, begin, events, stalled, wait_until
from world.desk import SENDER, Desk, StandingDesk, answering
from world.peers import ScriptedPeer

pytestmark = pytest.mark.slow  # a process each


@pytest.fixture(scope="module")
def standing() -> Iterator[StandingDesk]:
    with TemporaryDirectory(prefix="dp-") as folder:
        made = StandingDesk(Path(folder))
        made.partner("kommune.example")
        yield made
        made.stop()


@pytest.fixture
def steady(standing: StandingDesk) -> StandingDesk:
    """One for the tests that leave it running."""
    standing.clear()
    standing.start()
    return standing


# Start


Refusal = Callable[..., tuple[int, str]]


@pytest.fixture
def started(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Refusal:
    """Starts the program in this process, for starts that end at once: exit code, and what was said."""

    def start(*arguments: str) -> tuple[int, str]:
        code = main(["--settings", str(desk.settings_file), *arguments])
        out, err = capsys.readouterr()
        return code, out + err

    return start


def test_check_only_says_nothing_when_all_is_well(desk: Desk, started: Refusal) -> None:
    assert started("--check-only") == (0, "")
    assert not list(desk.directory.glob("*.sock"))


def test_check_only_makes_nothing(desk: Desk, started: Refusal) -> None:
    """Root looks before the first start. Store and sealed messages would be root's, and every start refused."""
    before = sorted(desk.directory.rglob("*"))
    assert started("--check-only") == (0, "")
    assert sorted(desk.directory.rglob("*")) == before
    desk.settings_file.write_text(desk.settings_file.read_text().replace("sqlite:///", "sqlite:////nowhere"))
    code, text = started("--check-only")
    assert (code, "cannot be made" in text) == (78, True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("sikker.nordby-vand.example", "sikker.invalid"), "portal.url: is not set"),
        (
            lambda text: text.replace('nordby-vand.example"\nsealed', 'x.invalid:8443"\nsealed'),
            "portal.url: is not set",
        ),
        (lambda text: text.replace("https://sikker", "https://x#y"), "portal.url: may not hold"),
        (
            lambda text: text.replace("[store]", 'notice_from = "ærø@nordby-vand.example"\n[store]'),
            "notice_from",
        ),
        (lambda text: text.replace("portal.sock", "tunnel.sock"), "is the same as delivery.tunnel_socket"),
        (lambda text: text.replace("Nordby Vandværk", " "), "organisation.name: is empty"),
        (lambda text: text.replace("certificates", "certificate"), "did you mean certificates?"),
        (lambda text: text.replace("[delivery]", "[delivery"), "is not TOML"),
    ],
)
def test_bad_settings_refuse_the_start_and_are_named(
    desk: Desk, started: Refusal, change: Callable[[str], str], said: str
) -> None:
    desk.settings_file.write_text(change(desk.settings_file.read_text()))
    code, text = started()
    assert code == 78
    assert "start_refused" in text
    assert said in text


def test_a_place_that_cannot_be_written_refuses_the_start(desk: Desk, started: Refusal) -> None:
    desk.sealed.write_text("in the way")
    code, text = started()
    assert code == 78
    assert "cannot be used" in text


def test_a_second_process_is_refused_and_the_first_serves_on(steady: StandingDesk) -> None:
    desk = steady
    done = desk.daemon.again()
    assert done.returncode == 78
    assert "in use by another instance" in done.stderr
    assert "Traceback" not in done.stderr
    assert desk.portal(SENDER, [BO], MESSAGE)[0].startswith("250")


def test_sockets_of_a_killed_process_are_taken_over(desk: Desk) -> None:
    desk.start()
    desk.daemon.kill()
    assert (desk.directory / "portal.sock").exists()
    desk.daemon.start()
    assert desk.portal(SENDER, [BO], MESSAGE)[0].startswith("250")


def test_a_metrics_port_that_is_taken_refuses_the_start(desk: Desk, started: Refusal) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        desk.write_settings(f"[metrics]\ndeliver_port = {other.getsockname()[1]}")
        code, text = started()
    assert code == 78
    assert "metrics.deliver_port: 127.0.0.1:" in text
    assert "ss -ltnp" in text, "the hint"


def test_sigterm_lets_the_delivery_in_hand_finish(desk: Desk) -> None:
    release = threading.Event()
    dot = threading.Event()

    def hold() -> None:
        dot.set()
        release.wait(60)

    peer = ScriptedPeer("127.0.0.1", desk.port, answering("250 2.0.0 Ok: queued as 4XYZ", dot_first=hold))
    peer.start()
    desk.daemon.start()
    try:
        with begin(desk, "portal", BO) as client, desk.client("portal") as idle:
            assert dot.wait(30)
            desk.daemon.signal(signal.SIGTERM)
            assert idle.reply().startswith("421")
            release.set()
            assert client.reply().startswith("250 2.0.0 portal: sealed as ")
        assert desk.daemon.stop() == 0
    finally:
        release.set()
        peer.stop()
    assert events(desk)[-1] == "notice_sent"
    assert not list(desk.directory.glob("*.sock"))


def test_sigterm_does_not_wait_for_ever(desk: Desk) -> None:
    desk.write_settings(delivery="drain_seconds = 0.3")
    peer, dot = stalled(desk)
    try:
        with begin(desk, "portal", BO) as client:
            assert dot.wait(30)
            assert desk.daemon.stop() == 0
            assert client.reply() == "421 4.3.2 stopping, try again soon"
        assert not list(desk.directory.glob("*.sock"))
    finally:
        peer.stop()


# Reload


def test_sighup_takes_new_settings(steady: StandingDesk) -> None:
    desk = steady
    desk.write_settings(name="Sønderby Vand")
    desk.reload()
    desk.portal(SENDER, [BO], MESSAGE)
    assert b"S=C3=B8nderby Vand" in desk.return_port.received[0].content


def test_sighup_with_bad_settings_changes_nothing(steady: StandingDesk) -> None:
    desk = steady
    desk.settings_file.write_text("nonsense = [")
    desk.daemon.signal(signal.SIGHUP)
    wait_until(lambda: "reload_refused" in events(desk))
    assert desk.portal(SENDER, [BO], MESSAGE)[0].startswith("250")
    assert b"Nordby Vandv=C3=A6rk" in desk.return_port.received[0].content


# Housekeeping and news


def test_what_happened_while_it_was_down_is_told_at_the_start(desk: Desk) -> None:
    desk.start()
    desk.portal(SENDER, [BO, "eva@vestby.example"], MESSAGE)
    desk.stop()
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        row = connection.scalar(select(sealed_recipient.c.id).where(sealed_recipient.c.recipient == BO))
        life.mark_opened(connection, str(row), time.time(), actor=BO)
    opened = audit.head(engine)
    desk.return_port.forget()
    desk.start()
    [mail] = desk.return_port.wait_for(1)
    assert (mail.sender, mail.recipients) == ("<>", (SENDER,))
    assert b"Subject: =?utf-8?q?Din_sikre_besked_er_=C3=A5bnet?=" in mail.content
    assert b"eva@" not in mail.content

    def heads() -> list[audit.Head]:
        told = [event for event in desk.daemon.events if event["event"] == "audit_head"]
        return [audit.Head.parse(str(event["head"])) for event in told]

    # Of the trail as it stood then: what notes the settings may write to it before or after.
    wait_until(lambda: any(head.number >= opened.number for head in heads()))
    assert audit.verify(engine, heads()[-1]).broken is None
    engine.dispose()


# Log and metrics


def test_the_log_names_what_happened_and_nothing_of_the_content(steady: StandingDesk) -> None:
    desk = steady
    desk.tunnel(SENDER, ["x@kommune.example", "y@ukendt.example"], MESSAGE)
    desk.portal(SENDER, [BO], MESSAGE)
    told = [event for event in events(desk) if event not in ("ready", "reloaded")]
    assert told == ["not_delivered", "tunnelled", "sealed", "notice_sent"]
    assert "010190" not in desk.daemon.log


def test_metrics_count_recipients_by_way_and_result(desk: Desk) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    desk.partner("kommune.example")
    desk.write_settings(f"[metrics]\ndeliver_port = {port}")
    desk.start()
    desk.tunnel(SENDER, ["x@kommune.example", "y@ukendt.example"], MESSAGE)
    desk.portal(SENDER, [BO], MESSAGE)
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = connection.makefile("rb").read().decode()
    for line in (
        'segl_deliveries_total{result="delivered",way="tunnel"} 1.0',
        'segl_deliveries_total{result="deferred",way="tunnel"} 1.0',
        'segl_deliveries_total{result="delivered",way="portal"} 1.0',
        f"segl_sealed_bytes_total {float(len(MESSAGE))}",
        'segl_delivery_seconds_count{way="portal"} 1.0',
    ):
        assert line in text
