"""The cryptography of real mail programs: NSS (Thunderbird), by ``cmsutil``, and GnuPG's ``gpgsm`` (KMail, Claws).

nss = Nss(directory, [anna, bo])
assert nss.decrypt(message) == content
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1

from world import needs
from world.oracle import Identity

_PASSWORD = "x"


class Nss:
    """A database with the keys of *identities*, trusted."""

    def __init__(self, directory: Path, identities: Sequence[Identity]) -> None:
        self._directory = directory
        self._database = f"sql:{directory}"
        needs.program("cmsutil")
        self._run("certutil", "-N", "--empty-password")
        for identity in identities:
            file = directory / f"{identity.name}.p12"
            file.write_bytes(identity.pkcs12(_PASSWORD))
            self._run("pk12util", "-i", file, "-W", _PASSWORD, "-K", "")
            self._run("certutil", "-M", "-n", identity.name, "-t", "CTu,Cu,Cu")

    def decrypt(self, message: bytes) -> bytes:
        """What is inside, or signed. Fails when NSS does not read it, or finds no good signature."""
        return self._convert("-D", message)

    def encrypt(self, content: bytes, recipient: Identity) -> bytes:
        return self._convert("-E", content, "-r", recipient.name)

    def sign(self, content: bytes, signer: Identity) -> bytes:
        return self._convert("-S", content, "-N", signer.name, "-G")

    def verify_detached(self, signature: Path, content: Path) -> None:
        """Fails unless *signature* is a good one over *content*."""
        self._run("cmsutil", "-D", "-i", signature, "-c", content, "-n")

    def _convert(self, command: str, given: bytes, *arguments: str) -> bytes:
        source, result = self._directory / "given", self._directory / "result"
        source.write_bytes(given)
        self._run("cmsutil", command, "-i", source, "-o", result, *arguments)
        return result.read_bytes()

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [program, *arguments, "-d", self._database]
        _run([str(word) for word in command])


class Gpgsm:
    """A home with the keys of *identities*, trusted. *directory* must have a short path: sockets lie in it."""

    def __init__(self, directory: Path, identities: Sequence[Identity]) -> None:
        needs.program("gpgsm")
        self._directory = directory
        self._environment = {**os.environ, "GNUPGHOME": str(directory), "LC_ALL": "C"}
        directory.chmod(0o700)
        (directory / "gpgsm.conf").write_text("disable-crl-checks\n")
        (directory / "gpg-agent.conf").write_text("allow-loopback-pinentry\ns2k-count 65536\n")
        trusted = [f"{one.certificate.fingerprint(SHA1()).hex()} S relax\n" for one in identities]  # noqa: S303
        (directory / "trustlist.txt").write_text("".join(trusted))
        for identity in identities:
            file = directory / f"{identity.name}.p12"
            file.write_bytes(identity.pkcs12(_PASSWORD))
            self._run("--import", file)

    def decrypt(self, message: bytes) -> bytes:
        return self._run("--decrypt", self._given(message))

    def encrypt(self, content: bytes, recipient: Identity) -> bytes:
        return self._run("--encrypt", "-r", f"/CN={recipient.name}", self._given(content))

    def sign(self, content: bytes, signer: Identity) -> bytes:
        return self._run("--sign", "-u", f"/CN={signer.name}", self._given(content))

    def verify(self, message: bytes) -> None:
        """Fails unless there is a good signature."""
        self._run("--verify", self._given(message))

    def verify_detached(self, signature: Path, content: Path) -> None:
        """Fails unless *signature* is a good one over *content*."""
        self._run("--verify", signature, content)

    def stop(self) -> None:
        """Ends the agent that gpgsm started."""
        _run(["gpgconf", "--kill", "all"], environment=self._environment)

    def _given(self, data: bytes) -> Path:
        file = self._directory / "given"
        file.write_bytes(data)
        return file

    def _run(self, *arguments: str | Path) -> bytes:
        loopback = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-fd", "0"]
        return _run(["gpgsm", *loopback, *map(str, arguments)], f"{_PASSWORD}\n".encode(), self._environment)


def _run(command: list[str], given: bytes = b"", environment: dict[str, str] | None = None) -> bytes:
    done = subprocess.run(command, input=given, capture_output=True, check=False, env=environment, timeout=60)
    assert done.returncode == 0, (command, done.stderr.decode("utf-8", "replace"))
    return done.stdout
