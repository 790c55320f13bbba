"""A real S3-compatible store on loopback: SeaweedFS, with a bucket of its own; and a wire to it that can be cut.

with ObjectStore(folder) as objects, Wire(objects.port) as wire:
    storage = objects.storage(wire.port)
    wire.fault = Fault.HANGS
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Self

from segl.errors import DeliveryError
from segl.settings.storage import Storage
from world.ports import free_port
from world.process import ends_with_us

ACCESS, SECRET = "AKIDSEGL", "hemmeligt-nok-til-en-proeve"
BUCKET = "segl"
_TAKEN, _ATTEMPTS = "address already in use", 3
_IDENTITY = (
    '{"identities": [{"name": "segl", "actions": ["Read", "Write", "List"], '
    f'"credentials": [{{"accessKey": "{ACCESS}", "secretKey": "{SECRET}"}}]}}]}}'
)


class _PortTaken(RuntimeError):
    """Between finding a free port and listening there somebody else was quicker: it needs eight of them."""


class ObjectStore:
    """One server. Its data lie in a folder that goes with it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="segl-s3-"))
        self.port, self._filer = _port(), _port()
        self.credentials = self.folder / "credentials"
        self.credentials.touch(0o600)
        self.credentials.write_text(f"{ACCESS}\n{SECRET}\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._ports: list[int] = []

    def __enter__(self) -> Self:
        for _ in range(_ATTEMPTS - 1):
            with contextlib.suppress(_PortTaken):
                self._start()
                return self
            self.port, self._filer = _port(), _port()
        self._start()
        return self

    def _start(self) -> None:
        identities = self.folder / "identities.json"
        identities.write_text(_IDENTITY)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        (self.folder / "data").mkdir()
        ports: dict[str, int] = {"filer.port": self._filer, "s3.port": self.port}
        for name in ("master.port", "volume.port"):
            ports[name] = _port()
        for name in ("master", "volume", "filer", "s3"):
            ports[f"{name}.port.grpc"] = _port()
        self._ports += ports.values()
        options = [
            *(f"-{name}={port}" for name, port in ports.items()),
            *(f"-dir={self.folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"),
            *(f"-s3.config={identities}", "-s3.autoCreateBucket=false", "-s3.port.iceberg=0"),
            *("-s3.port.lance=0", "-master.telemetry=false", "-s3.iam=false"),
            *("-master.volumeSizeLimitMB=64", "-volume.max=16", "-volume.preStopSeconds=0"),
        ]
        weed = Path(sys.executable).parent / "weed"
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ends_with_us(str(weed), "-logtostderr=true", "server", *options),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        try:
            self._make_bucket()
        except BaseException as error:
            self._end()
            if not isinstance(error, _PortTaken):
                shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __exit__(self, *_reason: object) -> None:
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> None:
        """Its sockets for itself lie in /tmp, whatever folder it is given, and stay when it is killed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
        for left in itertools.chain.from_iterable(map(_sockets, self._ports)):
            left.unlink(missing_ok=True)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def storage(self, port: int | None = None, **values: Any) -> Storage:
        """``[portal.storage]`` for it, reached by *port*."""
        return Storage(
            **{
                "bucket": BUCKET,
                "endpoint": f"http://127.0.0.1:{port or self.port}",
                "credentials": self.credentials,
                **values,
            }
        )

    def toml(self, prefix: str = "sealed/") -> str:
        """The same as it stands in a settings file."""
        return (
            f'[portal.storage]\nbucket = "{BUCKET}"\nendpoint = "http://127.0.0.1:{self.port}"\n'
            f'prefix = "{prefix}"\ncredentials = "{self.credentials}"\n'
        )

    def names(self, prefix: str = "") -> set[str]:
        """What lies there, as another client of it sees it."""
        from segl.sealed.objects import SealedObjects

        store = SealedObjects(self.storage())._store
        return {one["path"] for batch in store.list(prefix) for one in batch}

    def uploads(self) -> list[str]:
        """Multipart uploads that were begun and not ended: SeaweedFS keeps them in a folder of that name."""
        try:
            found = self._ask(f"/buckets/{BUCKET}/.uploads/?limit=100")
        except OSError:
            return []
        return [line for line in found.decode().splitlines() if "FullPath" in line]

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _make_bucket(self) -> None:
        from segl.sealed.objects import SealedObjects

        end, made = time.monotonic() + 60, False
        while True:
            try:
                if not made:
                    self._ask(f"/buckets/{BUCKET}/", "POST")
                    made = True
                SealedObjects(self.storage(seconds=5.0)).prepare()
            except (OSError, DeliveryError) as error:
                made = made or getattr(error, "code", 0) == 409  # it was answered late, and is there
                assert self._process is not None
                if time.monotonic() > end or self._process.poll() is not None:
                    log = (self.folder / "log").read_text()[-3000:]
                    raise (_PortTaken if _TAKEN in log else RuntimeError)(f"{error}\n{log}") from None
                time.sleep(0.1)
            else:
                return

    def _ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._filer}{path}", method=method, headers={"Accept": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            body: bytes = answer.read()
        return body


def _port() -> int:
    """One that is free here, and by which no socket is called: another test process has a loopback of its own, but the
    same /tmp."""
    while list(_sockets(port := free_port())):
        pass
    return port


def _sockets(port: int) -> Iterator[Path]:
    return Path("/tmp").glob(f"seaweedfs-*-{port}.sock")


class Fault(Enum):
    """What the wire does with each connection."""

    NONE = "none"
    REFUSES = "refuses"
    HANGS = "hangs"  # takes everything, answers nothing
    FAILS = "fails"  # answers 503 to whatever is asked
    CUTS_UP = "cuts-up"  # ends after 3 MB of what the client sends
    CUTS_DOWN = "cuts-down"  # ends after 1.5 MB of what the store sends


class Wire:
    """A TCP proxy on loopback."""

    def __init__(self, behind: int) -> None:
        self.port = free_port()
        self._fault = Fault.NONE
        self._open: list[socket.socket] = []
        self._behind = behind
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        # Closed alone, it would be waited at for ever: what is being accepted from stays open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(30)
        self._listener.close()
        self.fault = Fault.REFUSES

    @property
    def fault(self) -> Fault:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        """Connections that are open end: a client keeps them."""
        self._fault = fault
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            match self.fault:
                case Fault.REFUSES:
                    return
                case Fault.HANGS:
                    while client.recv(65536):
                        pass
                case Fault.FAILS:
                    client.recv(65536)
                    client.sendall(
                        b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                case _:
                    with socket.create_connection(("127.0.0.1", self._behind)) as server:
                        up = 3_000_000 if self.fault is Fault.CUTS_UP else None
                        down = 1_500_000 if self.fault is Fault.CUTS_DOWN else None
                        threading.Thread(target=_pump, args=(client, server, up), daemon=True).start()
                        _pump(server, client, down)


def _pump(source: socket.socket, to: socket.socket, most: int | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
            if most is not None and (most := most - len(data)) <= 0:
                break
    for one in (source, to):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
