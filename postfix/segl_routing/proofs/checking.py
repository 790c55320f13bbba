"""The live check that the settings ask for, put together for the daemon and for ``segl route``."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from segl.addresses import normal_domain
from segl.errors import Fault, SettingsError
from segl.events import Events
from segl.settings.document import Settings
from segl.settings.routing import Routing
from segl_routing.dns.mx import MailDns
from segl_routing.own_postfix import OwnPostfix
from segl_routing.proofs.dane import Dane
from segl_routing.proofs.hosts import HostProbes
from segl_routing.proofs.live import LiveCheck, promises_of
from segl_routing.proofs.mta_sts import MtaSts
from segl_routing.proofs.probe import Greeting, trust
from segl_routing.proofs.providers import shipped
from segl_routing.proofs.sts_archive import NoStsArchive, StsArchive
from segl_routing.proofs.sts_fetch import StsSource, web_trust


def live_check(
    settings: Settings,
    checked_with: CheckedWith,
    events: Events,
    file: Path | str,
    policies: StsArchive | None,
    own: OwnPostfix,
) -> LiveCheck:
    """The live check these settings ask for, with *policies* that were fetched before, by the names of our *own*
    Postfix. Raises :class:`SettingsError` when its certificates cannot be read; *file* names the settings in it.

    *checked_with* is of these settings and from before: of a file that is replaced meanwhile it says at worst that the
    old one stands there, and then the next reload forgets what was found."""
    routing = settings.routing
    context, web_context = trusts(routing, file)
    dns, providers = mail_dns(routing, file), shipped()
    hosts = HostProbes(
        dns,
        context,
        port=routing.smtp_port,
        greeting=greeting(settings, own),
        seconds=routing.probe_seconds,
        events=events,
        providers=providers,
    )
    dane = Dane(dns, routing.smtp_port)
    sts = MtaSts(StsSource(dns, web_context), policies or NoStsArchive(), events, checked_with.authorities)
    return LiveCheck(dns, hosts, promises_of(dane), sts.evidence, providers, sts.renew)


def trusts(routing: Routing, file: Path | str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What certificates of mail hosts, and of policy servers, have to chain to. Raises :class:`SettingsError`."""
    try:
        return trust(routing.tls_ca_file), web_trust(routing.tls_ca_file)
    except OSError as error:
        reason = "holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise SettingsError(
            [Fault(file, "routing.tls_ca_file", f"{routing.tls_ca_file} cannot be used: {reason}")]
        ) from None


def greeting(settings: Settings, own: OwnPostfix) -> Greeting:
    """How mail hosts are greeted, and which of them is our *own*."""
    return Greeting(own.helo or _own_name(settings), own.name, own.names)


def mail_dns(routing: Routing, file: Path | str) -> MailDns:
    """The DNS these settings ask for. Raises :class:`SettingsError` when its trust anchors cannot be read."""
    try:
        return MailDns.of(routing)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            [Fault(file, "routing.trust_anchors", f"{routing.trust_anchors} cannot be used: {reason}")]
        ) from None


@dataclass(frozen=True, slots=True)
class CheckedWith:
    """The settings that a live check's result depends on: what was found with others counts no more. Of a file that
    is a digest of what stands in it; empty where none is named.

    MTA-STS policies hang on ``authorities`` alone: HTTPS proved them, whatever DNS was asked (RFC 8461 §3.3)."""

    authorities: str
    nameservers: tuple[str, ...]
    trusted_resolvers: tuple[str, ...]
    trust_anchors: str
    smtp_port: int

    @property
    def digest(self) -> str:
        """Of all of them, as it is kept with what was found."""
        return sha256(repr(self).encode()).hexdigest()

    @classmethod
    def of(cls, settings: Settings) -> CheckedWith:
        routing = settings.routing
        return cls(
            _content(routing.tls_ca_file),
            routing.nameservers,
            routing.trusted_resolvers,
            _content(routing.trust_anchors),
            routing.smtp_port,
        )


def _content(file: Path | None) -> str:
    """A digest of what *file* holds; nothing where it cannot be read, which is told elsewhere."""
    try:
        return sha256(file.read_bytes()).hexdigest() if file else ""
    except OSError:
        return ""


def _own_name(settings: Settings) -> str:
    """What is said in EHLO where Postfix does not tell: this host's full name, or else a domain of the house."""
    try:
        name = normal_domain(socket.gethostname())
    except ValueError:
        name = ""
    return name if "." in name else settings.organisation.domains[0]
