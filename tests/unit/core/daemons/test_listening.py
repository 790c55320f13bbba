"""One process listens on a socket; what a dead one left is replaced."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from segl.daemons.listening import SocketInUse, listen_unix
from segl.errors import SeglError
from segl_milter.listener import open_listener


def reachable(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.sock"


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_the_socket_has_the_wanted_mode_whatever_the_umask(path: Path, mode: int) -> None:
    before = os.umask(0o077)
    listener = listen_unix(path, mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.umask(before) == 0o077, "the umask is put back"
    assert reachable(path)
    listener.close()
    assert not path.exists()


def test_a_folder_that_is_not_there_is_told_with_who_makes_it(tmp_path: Path) -> None:
    """As after a restore in which segl-milter was started before segl install."""
    path = tmp_path / "gone" / "x.sock"
    for opened, maker in ((listen_unix, "make it, for a user"), (open_listener, "segl install makes it")):
        with pytest.raises(SeglError) as refused:
            opened(path, 0o600)
        assert refused.value.private == f"{path}: there is no folder {path.parent}"
        assert refused.value.hint.startswith(maker)


def test_a_second_owner_is_refused_and_the_first_goes_on(path: Path) -> None:
    first = listen_unix(path, 0o600)
    with pytest.raises(SocketInUse, match="in use by another instance"):
        listen_unix(path, 0o600)
    assert reachable(path)
    first.close()
    listen_unix(path, 0o600).close()


def test_a_listener_that_knows_of_no_lock_is_respected(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(SocketInUse, match="another process listens there"):
            listen_unix(path, 0o600)
        assert reachable(path)


def test_a_dead_process_leaves_nothing_in_the_way(path: Path) -> None:
    script = (
        f"import os; from pathlib import Path; from segl.daemons.listening import listen_unix\n"
        f"listen_unix(Path({str(path)!r}), 0o600); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert path.is_socket()
    listener = listen_unix(path, 0o600)
    assert reachable(path)
    listener.close()


def test_a_file_that_is_no_socket_is_not_deleted(path: Path) -> None:
    path.write_text("keep me")
    with pytest.raises(SeglError):
        listen_unix(path, 0o600)
    assert path.read_text() == "keep me"


@pytest.mark.parametrize("name", ["missing/x.sock", "x" * 120 + ".sock"])
def test_a_name_that_cannot_be_had_is_a_clear_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(SeglError, match=name[:10]):
        listen_unix(tmp_path / name, 0o600)
