"""Whether somebody answers on a socket, and in the right protocol, told in plain words."""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from segl.postfix import sockets
from world.needs import ROOT

Handler = Callable[[socket.socket], None]


@contextmanager
def server(path: Path, handle: Handler, mode: int = 0o666) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        path.chmod(mode)
        listener.listen()

        def serve() -> None:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, suppress(ConnectionError):  # the asker may have gone
                handle(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def says(*answers: bytes) -> Handler:
    """Answers each piece it receives by the next of *answers*, the first at once when it begins with 220."""

    def handle(peer: socket.socket) -> None:
        for answer in answers:
            if not answer.startswith(b"220"):
                peer.recv(4096)
            peer.sendall(answer)
        peer.recv(4096)

    return handle


def cut_short(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(b"9:NOTF")


def wait(event: threading.Event) -> None:
    event.wait(5)


def told(ask: Callable[[], None]) -> str:
    return sockets.fault_of(ask).text


MILTER = struct.pack("!I", 13) + b"O" + struct.pack("!III", 6, 0, 0)


@pytest.mark.parametrize(
    ("question", "handler", "fault"),
    [
        (sockets.ask_milter, says(MILTER), ""),
        (sockets.ask_milter, says(struct.pack("!I", 1) + b"t"), "it does not speak the milter protocol"),
        (sockets.ask_milter, says(b"220 hello\r\n"), "it does not speak the milter protocol"),
        (sockets.ask_milter, lambda _: None, "it closed the connection without an answer"),
        (sockets.ask_map, says(b"9:NOTFOUND ,"), ""),
        (sockets.ask_map, says(b"7:OK smtp,"), "it answers OK where NOTFOUND is due"),
        (sockets.ask_map, says(b"10:TEMP later,"), "it answers TEMP where NOTFOUND is due"),
        (sockets.ask_map, says(b"99999999999:"), "it does not speak the socketmap protocol"),
        (sockets.ask_map, says(b"hello"), "it does not speak the socketmap protocol"),
        (sockets.ask_map, cut_short, "it closed the connection without an answer"),
        (sockets.ask_lmtp, says(b"220 segl\r\n", b"250-a\r\n250 b\r\n", b"221 bye\r\n"), ""),
        (sockets.ask_lmtp, says(b"220 segl\r\n", b"500 what\r\n"), "it answers “500 what” where 250 is due"),
        (sockets.ask_lmtp, lambda peer: peer.sendall(b"220-a\r\n"), "it answers “nothing” where 220 is due"),
    ],
)
def test_the_protocol_is_really_spoken(
    tmp_path: Path, question: sockets.Question, handler: Handler, fault: str
) -> None:
    with server(tmp_path / "s", handler) as path:
        assert sockets.fault_of(lambda: sockets.unix(path, question, 2)).text == fault


def test_silence_is_told(tmp_path: Path) -> None:
    released = threading.Event()
    with server(tmp_path / "s", lambda _: wait(released)) as path:
        assert "in time" in told(lambda: sockets.unix(path, sockets.ask_milter, 0.1))
        released.set()


def test_nobody_there(tmp_path: Path) -> None:
    assert "does not run" in told(lambda: sockets.unix(tmp_path / "none", sockets.ask_milter))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(tmp_path / "left"))
    assert "does not run" in told(lambda: sockets.unix(tmp_path / "left", sockets.ask_milter))


@ROOT
class TestAsPostfix:
    """What root can open proves nothing: the question is put as Postfix's own user."""

    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        """Not pytest's, which every start of pytest shuts to other users."""
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            yield Path(name)

    @pytest.mark.parametrize(("mode", "fault"), [(0o666, ""), (0o600, "may not be opened")])
    def test_the_mode_of_the_socket_counts(self, folder: Path, mode: int, fault: str) -> None:
        with server(folder / "s", says(MILTER), mode) as path:
            found = sockets.as_postfix("nobody", path, sockets.ask_milter)
            assert (found.text, found.forbidden) == (fault, bool(fault))

    def test_the_directory_counts(self, folder: Path) -> None:
        (folder / "shut").mkdir(mode=0o700)
        with server(folder / "shut" / "s", says(MILTER)) as path:
            assert sockets.as_postfix("nobody", path, sockets.ask_milter).forbidden

    def test_a_chroot_counts(self, folder: Path) -> None:
        (folder / "queue").mkdir()
        with server(folder / "queue" / "s", says(MILTER)) as path:
            by_host = sockets.as_postfix("nobody", path, sockets.ask_milter, folder / "queue")
            assert "no such socket" in by_host.text
            assert not sockets.as_postfix("nobody", Path("/s"), sockets.ask_milter, folder / "queue")

    def test_a_child_that_cannot_ask_is_no_good_sign(self, folder: Path) -> None:
        fault = sockets.as_postfix("nobody", Path("/s"), sockets.ask_milter, folder / "no-such-root")
        assert fault.text == "could not be tried as user nobody"
        assert not fault.forbidden
