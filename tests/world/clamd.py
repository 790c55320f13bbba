"""A real virus scanner: Debian's clamd, with two signatures of our own and no download.

with ScannerDaemon(directory) as clamd:
    assert Clamd(clamd.address, 10).scan([EICAR]).finding is Finding.FOUND
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from hashlib import md5
from pathlib import Path
from typing import Final, Self

from world.ports import free_port
from world.process import end, ends_with_us

# The file by which virus scanners are tried (EICAR), put together so that this one is not taken for it.
EICAR: Final = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"
MARKER: Final = b"SEGL-VIRUS-MARKER"  # found wherever it stands, in archives too
STREAM_BYTES: Final = 2 * 1024 * 1024
_CONFIG: Final = """\
Foreground yes
DatabaseDirectory {directory}/db
LocalSocket {directory}/clamd.sock
TCPSocket {port}
TCPAddr 127.0.0.1
LogFile {directory}/clamd.log
TemporaryDirectory {directory}/tmp
StreamMaxLength {stream}
AlertExceedsMax yes
MaxScanSize 8M
MaxThreads 4
"""


class ScannerDaemon:
    """``address`` is its unix socket, ``tcp`` its port."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.address = str(directory / "clamd.sock")
        self.tcp = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        (self.directory / "db").mkdir(parents=True)
        (self.directory / "tmp").mkdir()
        whole = md5(EICAR, usedforsecurity=False).hexdigest()
        (self.directory / "db/ours.hdb").write_text(f"{whole}:{len(EICAR)}:Segl-Test-Eicar\n")
        (self.directory / "db/ours.ndb").write_text(f"Segl.Test.Marker:0:*:{MARKER.hex()}\n")
        config = self.directory / "clamd.conf"
        port = self.tcp.rpartition(":")[2]
        config.write_text(_CONFIG.format(directory=self.directory, port=port, stream=STREAM_BYTES))
        program = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program, "clamd is not installed (apt-get install clamav-daemon)"
        with (self.directory / "output").open("ab") as output:
            command = ends_with_us(program, "-c", str(config))
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        self._wait()
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(5)
                    client.connect(self.address)
                    client.sendall(b"zPING\x00")
                    if client.recv(16) == b"PONG\x00":
                        return
            except OSError:
                time.sleep(0.05)
        self.__exit__(None, None, None)
        raise AssertionError((self.directory / "output").read_text("utf-8", "replace")[-2000:])
