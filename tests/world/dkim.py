"""A real OpenDKIM that signs, as a site runs it: a milter on a TCP port.

with OpenDkim(directory, "nordby.example", 8891) as dkim:
    ...
    assert dkim.verifies(message)
"""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Self

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from world.partners import rsa_key
from world.postfix import wait_for_port
from world.process import end, ends_with_us


class OpenDkim:
    """Signs mail of *domain* that comes from this host. Use as a context manager."""

    def __init__(self, directory: Path, domain: str, port: int) -> None:
        self.endpoint = f"inet:127.0.0.1:{port}"
        self._port = port
        key = rsa_key(2048, 7)
        private = directory / "dkim.key"
        private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        private.chmod(0o600)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._name = f"s1._domainkey.{domain}."
        self._record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        self._config = directory / "opendkim.conf"
        self._config.write_text(
            f"Mode s\nDomain {domain}\nSelector s1\nKeyFile {private}\nSocket inet:{port}@127.0.0.1\n"
            "Canonicalization relaxed/relaxed\nInternalHosts 127.0.0.0/8\nSyslog no\nBackground no\n"
            f"RequireSafeKeys no\nPidFile {directory}/opendkim.pid\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def verifies(self, message: bytes) -> bool:
        """Whether *message* bears a signature that holds, by the key that DNS would give."""
        return bool(dkim.verify(message, dnsfunc=self._dns))

    def _dns(self, name: bytes | str, timeout: int = 5) -> bytes | None:
        asked = name.decode() if isinstance(name, bytes) else name
        return self._record if asked == self._name else None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(ends_with_us("opendkim", "-f", "-x", str(self._config)))
        wait_for_port("127.0.0.1", self._port)
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._process is not None:
            end(self._process)
