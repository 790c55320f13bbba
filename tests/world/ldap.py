"""An LDAP directory for tests: a real slapd with a configuration and a database of its own.

    with LdapServer(directory, [person("bo", "bo@kommune.example", certificate)]) as server: …
        server.url, server.base

Its tree is ``o=Nordens Kataloger,c=DK``; anonymous users may read, ``cn=reader`` with the password ``hemmelig`` too.
"""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from world.ca import Certificate
from world.ports import free_port
from world.process import end, ends_with_us

BASE = "o=Nordens Kataloger,c=DK"
READER = f"cn=reader,{BASE}"
PASSWORD = "hemmelig"

_CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'anyCertificate'
  DESC 'certificates whose form the server does not look at' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'anyHolder' SUP top AUXILIARY MAY ( anyCertificate ) )
pidfile {directory}/slapd.pid
moduleload back_mdb.so
{tls}
database mdb
suffix "{base}"
rootdn "{reader}"
rootpw {password}
directory {directory}/db
maxsize 16777216
access to * by dn.exact="{reader}" read by anonymous {anonymous}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry below the base. Bytes are written as they are, ``attribute;binary`` too."""

    rdn: str
    classes: Sequence[str]
    attributes: Sequence[tuple[str, str | bytes]]

    def ldif(self) -> str:
        lines = [f"dn:: {_base64(f'{self.rdn},{BASE}'.encode())}"]
        lines += [f"objectClass: {name}" for name in self.classes]
        for name, value in self.attributes:
            raw = value.encode("utf-8") if isinstance(value, str) else value
            lines.append(f"{name}:: {_base64(raw)}")
        return "\n".join(lines) + "\n\n"


def person(
    name: str, mail: str | Sequence[str], *certificates: x509.Certificate, raw: Iterable[bytes] = ()
) -> Entry:
    """A person with mail addresses and certificates. *raw* goes into the attribute ``anyCertificate``."""
    mails = [mail] if isinstance(mail, str) else mail
    attributes: list[tuple[str, str | bytes]] = [("cn", name), ("sn", name)]
    attributes += [("mail", address) for address in mails]
    attributes += [("userCertificate;binary", entry.public_bytes(Encoding.DER)) for entry in certificates]
    attributes += [("anyCertificate", value) for value in raw]
    return Entry(f"cn={name}", ("inetOrgPerson", "anyHolder"), attributes)


def pointer(name: str, url: str) -> Entry:
    """An entry that says: look elsewhere (RFC 3296)."""
    return Entry(f"ou={name}", ("referral", "extensibleObject"), [("ou", name), ("ref", url)])


@dataclass
class LdapServer:
    """One slapd on loopback. With *tls* it has an ``ldaps://`` port as well, and StartTLS."""

    directory: Path
    entries: Sequence[Entry] = ()
    tls: Certificate | None = None
    anonymous: str = "read"
    port: int = field(init=False)
    tls_port: int = field(init=False)
    started_in: float = 0.0
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port, self.tls_port = free_port(), free_port()

    @property
    def base(self) -> str:
        return BASE

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def __enter__(self) -> Self:
        begun = time.monotonic()
        slapd = _program("slapd")
        database = self.directory / "db"
        database.mkdir(parents=True)
        config = self.directory / "slapd.conf"
        config.write_text(
            _CONFIG.format(
                directory=self.directory,
                base=BASE,
                reader=READER,
                password=PASSWORD,
                anonymous=self.anonymous,
                tls=f"TLSCertificateFile {self.tls.cert}\nTLSCertificateKeyFile {self.tls.key}"
                if self.tls
                else "",
            ),
            "utf-8",
        )
        self._load(config)
        urls = f"{self.url}/" + (f" {self.tls_url}/" if self.tls else "")
        log = (self.directory / "slapd.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                ends_with_us(slapd, "-d", "0", "-h", urls, "-f", str(config)), stdout=log, stderr=log
            )
        self._wait()
        self.started_in = time.monotonic() - begun
        return self

    def __exit__(self, *_reason: object) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def _load(self, config: Path) -> None:
        ldif = self.directory / "entries.ldif"
        root = f"dn: {BASE}\nobjectClass: organization\no: Nordens Kataloger\n\n"
        ldif.write_text(root + "".join(entry.ldif() for entry in self.entries), "utf-8")
        done = subprocess.run(
            [_program("slapadd"), "-q", "-f", str(config), "-l", str(ldif)], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        log = (self.directory / "slapd.log").read_text("utf-8", "replace")
        raise AssertionError(f"slapd does not answer on {self.url}:\n{log[-2000:]}")


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert found, f"{name} is not installed (apt-get install slapd)"
    return found


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
