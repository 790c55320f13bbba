"""A reload of segl-map: what it goes by afterwards, whatever its own Postfix does in that moment."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from segl.daemons import notify
from segl.daemons.reloading import one_after_the_other
from segl.events import configure_log
from segl.settings.document import Settings
from segl_routing import daemon as process
from segl_routing import own_postfix as module
from segl_routing.daemon import _Daemon
from segl_routing.own_postfix import OwnPostfix
from segl_routing.proofs.probe import Greeting
from world.stores import store_in

HERE = frozenset({"mail.nordby.example"})
KNOWN = OwnPostfix((3, 10), "mail.nordby.example", "out.nordby.example", HERE, b"main.cf")
BUSY = OwnPostfix(doubt="postconf did not answer within 30 s")
SETTINGS = """\
[organisation]
name = "{name}"
domains = ["nordby.example"]

[postfix]
front = "{front}"

[routing]
socket = "{directory}/map.sock"
announce_socket = "{directory}/announce.sock"

[store]
url = "sqlite:///{directory}/segl.db"

[metrics]
map_port = 0
"""

FAULTY_ROUTING = """\
tls_ca_file = "/nowhere/ca.pem"
trust_anchors = "/nowhere/root.key"
"""
FAULTY_CERTIFICATES = """
[certificates]
sources = ["folder"]
folder = "/nowhere/certificates"
trust = ["/nowhere/trust.pem"]
intermediates = ["/nowhere/between.pem"]
"""
FAULTY_KEYS = (
    "routing.tls_ca_file",
    "routing.trust_anchors",
    "certificates.folder",
    "certificates.trust",
    "certificates.intermediates",
)

Front = Callable[[OwnPostfix], None]
Write = Callable[..., None]


@pytest.fixture
def front(monkeypatch: pytest.MonkeyPatch) -> Front:
    """Says from now on what is found of our own Postfix."""

    def answers(found: OwnPostfix) -> None:
        def own_postfix(_: Settings) -> OwnPostfix:
            return found

        for where in (process, module):
            monkeypatch.setattr(where, "own_postfix", own_postfix)

    answers(KNOWN)
    return answers


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the settings."""

    def write(name: str = "Nordby", front: str = "/etc/postfix", faulty: bool = False) -> None:
        text = SETTINGS.format(name=name, front=front, directory=tmp_path)
        if faulty:
            text = text.replace("[routing]\n", f"[routing]\n{FAULTY_ROUTING}") + FAULTY_CERTIFICATES
        (tmp_path / "segl.toml").write_text(text, "utf-8")

    return write


@pytest.fixture
def daemon(tmp_path: Path, front: Front, write: Write) -> Iterator[_Daemon]:
    configure_log("json")
    store_in(tmp_path)
    write()
    with ExitStack() as opened:
        yield process._opened(tmp_path / "segl.toml", opened)[0]


def reload(daemon: _Daemon) -> None:
    asyncio.run(daemon._reload())


def greeted(daemon: _Daemon) -> Greeting:
    return daemon._check._hosts._greeting


def test_its_postfix_is_asked_once(daemon: _Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Settings] = []

    def own_postfix(settings: Settings) -> OwnPostfix:
        asked.append(settings)
        return KNOWN

    monkeypatch.setattr(module, "own_postfix", own_postfix)
    reload(daemon)
    assert len(asked) == 1


def test_it_answers_while_its_postfix_is_slow(daemon: _Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """And lives for the watchdog: Postfix's programs may take longer, one after the other, than that bears."""
    told = threading.Event()

    def own_postfix(_: Settings) -> OwnPostfix:
        assert told.wait(30), "the loop stood still"
        return KNOWN

    async def answers_meanwhile() -> None:
        reloading = asyncio.create_task(daemon._reload())
        await asyncio.sleep(0.01)
        told.set()
        await reloading

    monkeypatch.setattr(module, "own_postfix", own_postfix)
    asyncio.run(answers_meanwhile())
    assert daemon._postfix == KNOWN


@pytest.mark.parametrize("name", ["checked_settings", "live_check"])
def test_it_answers_while_files_are_slow(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, write: Write, name: str
) -> None:
    """A file of authorities on a disk that is busy, say."""
    told, blocks = threading.Event(), getattr(process, name)

    def slow(*given: object) -> object:
        assert told.wait(30), "the loop stood still"
        return blocks(*given)

    async def answers_meanwhile() -> None:
        reloading = asyncio.create_task(daemon._reload())
        await asyncio.sleep(0.3)
        assert not reloading.done()
        told.set()
        await reloading

    write(name="Sønderby")
    monkeypatch.setattr(process, name, slow)
    asyncio.run(answers_meanwhile())
    assert daemon._settings.organisation.name == "Sønderby"


def test_one_reload_comes_after_the_other(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """However often it is told to: the settings that stand there at last are those in force."""
    under_way: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def own_postfix(settings: Settings) -> OwnPostfix:
        assert not under_way
        under_way.append(settings.organisation.name)
        if settings.organisation.name == "Sønderby":
            write(name="Vesterby")
            for _ in range(2):
                loops[0].call_soon_threadsafe(daemon._told_to_reload.set)
        under_way.clear()
        return KNOWN

    async def told() -> None:
        loops.append(asyncio.get_running_loop())
        ended = asyncio.Semaphore(0)
        monkeypatch.setattr(notify, "ready", lambda *_: ended.release())
        write(name="Sønderby")
        daemon._told_to_reload.set()
        reloads = asyncio.create_task(one_after_the_other(daemon._told_to_reload, daemon._reload))
        async with asyncio.timeout(20):
            await ended.acquire()
            await ended.acquire()
        reloads.cancel()

    monkeypatch.setattr(module, "own_postfix", own_postfix)
    asyncio.run(told())
    assert daemon._settings.organisation.name == "Vesterby"
    assert not daemon._told_to_reload.is_set()


def test_mail_hosts_are_greeted_by_the_name_that_is_known_while_postfix_is_slow(
    daemon: _Daemon, front: Front
) -> None:
    """Without the name a mail host that is this host itself would count as one that takes mail over TLS."""
    front(BUSY)
    reload(daemon)
    assert greeted(daemon) == Greeting("out.nordby.example", "mail.nordby.example")


def test_mail_hosts_are_greeted_anew_once_the_name_is_known(
    daemon: _Daemon, front: Front, write: Write
) -> None:
    write(front="/etc/postfix-other")
    front(BUSY)
    reload(daemon)
    assert greeted(daemon).ours == ""
    daemon._answer_for(KNOWN)  # as it is followed
    assert greeted(daemon) == Greeting("out.nordby.example", "mail.nordby.example")


def test_names_are_kept_while_postfix_is_slow(daemon: _Daemon, front: Front) -> None:
    front(BUSY)
    reload(daemon)
    assert (daemon._table._here, daemon._postfix) == (HERE, KNOWN)
    assert daemon._postfix.doubt, "and are followed as what is in doubt"
    assert daemon._reloaded.is_set(), "from now on"


def test_names_of_another_front_are_not_kept(daemon: _Daemon, front: Front, write: Write) -> None:
    """It is another Postfix; what it is called and what ends there cannot be told yet."""
    write(front="/etc/postfix-other")
    front(BUSY)
    reload(daemon)
    assert daemon._table._here == frozenset()


def test_names_are_forgotten_at_once_where_the_front_says_so(daemon: _Daemon, front: Front) -> None:
    front(OwnPostfix((3, 10), "mail.nordby.example", says=b"another"))
    reload(daemon)
    assert daemon._table._here == frozenset()


@pytest.mark.parametrize(
    ("fault", "here"),
    [(OSError(errno.EIO, "input/output error"), HERE), (ValueError("a fault of ours"), frozenset())],
)
def test_the_new_settings_come_into_force_though_asking_postfix_fails(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, write: Write, fault: Exception, here: frozenset[str]
) -> None:
    """A fault of ours would be there the next time as well, so no name is kept for it."""

    def fail(_: Settings) -> OwnPostfix:
        raise fault

    monkeypatch.setattr(module, "own_postfix", fail)
    write(name="Sønderby")
    reload(daemon)
    assert daemon._settings.organisation.name == "Sønderby"
    assert daemon._table._here == here


def test_systemd_learns_of_the_end_of_a_reload_that_fails(
    daemon: _Daemon, monkeypatch: pytest.MonkeyPatch, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(notify, "ready", lambda *_: told.append("ready"))
    monkeypatch.setattr(process, "live_check", fail)
    write(name="Sønderby")
    reload(daemon)
    assert told == ["ready"]
    assert '"failed"' in capsys.readouterr().err
    assert daemon._settings.organisation.name == "Nordby", "all is as it was"


def test_every_file_that_cannot_be_used_is_told_in_one_go(
    daemon: _Daemon, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At a reload, which changes nothing then, and at a start."""
    write(name="Sønderby", faulty=True)
    reload(daemon)
    told = capsys.readouterr().err
    assert "reload_refused" in told
    assert [key for key in FAULTY_KEYS if f"{key}: /nowhere/" not in told] == []
    assert daemon._settings.organisation.name == "Nordby"

    assert process.main(["--settings", str(tmp_path / "segl.toml")]) == 78
    told = capsys.readouterr().err
    assert "start_refused" in told
    assert [key for key in FAULTY_KEYS if f"{key}: /nowhere/" not in told] == []
