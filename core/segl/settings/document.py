"""The settings: what a postmaster may decide, as typed and frozen values.

The file is TOML (``/etc/segl/segl.toml``); each dataclass below is one table of it, and the comments
are its manual. A missing table or key takes the default written here, so that the smallest working
file names only the organisation. Reading and checking happens in :mod:`segl.settings.file`.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from segl.addresses import domain_of, is_relayed, mailbox_key, parents, split_address
from segl.bounce_addresses import reads_bounces
from segl.policy.table import Message, PolicyTable
from segl.settings.canary import Canary
from segl.settings.certificates import Certificates
from segl.settings.decisions import Decisions
from segl.settings.delivery import Delivery, Postfix
from segl.settings.detection import Detection, Limits
from segl.settings.encryption import Encryption
from segl.settings.hold import Hold
from segl.settings.inbound import Inbound
from segl.settings.organisation import Organisation, Owner, Owners, Tenant, owners_of
from segl.settings.policy import Group, Policy
from segl.settings.portal import Portal
from segl.settings.receipts import ReceiptRule, Receipts, ReceiptSettings, ReceiptTerms
from segl.settings.routing import Demand, DomainPin, Routing
from segl.settings.tunnel import TunnelList
from segl.settings.values import (
    FORBID,
    RUN,
    STATE,
    Count,
    FileMode,
    Masked,
    Port,
    Seconds,
    without_password,
)
from segl.settings.web import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Milter:
    """``[milter]``: the process ``segl-milter``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Where Postfix asks. On Debian smtpd sees nothing outside its queue directory: put it there
    # ("/var/spool/postfix/segl/milter.sock").
    socket: Path = RUN / "milter.sock"
    # Who may connect: Postfix's user must be in the group that owns the socket.
    socket_mode: FileMode = "0660"
    # How many processes read messages; 0: one per core.
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    # After so many messages, or up to a fifth more, a new process takes a worker's place, so that none grows for ever
    # (Postfix does the same: max_use); from a fifth of that on also when the worker keeps more than 40 MB that it
    # shares with no other. 0: never.
    messages_per_worker: Annotated[int, Field(ge=0)] = 10_000
    # Mail in hand at one time, in each worker, and never less than `limits.message_bytes`; what is more waits up to
    # five seconds, and is then answered 451: it comes again. Memory is up to four times this.
    bytes_in_flight: Count = 128 * 1024 * 1024
    # At a stop: how long messages in hand may take.
    drain_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """``[store]``: what the processes remember together (SQLAlchemy URL)."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # "sqlite:///" and a path, or "postgresql+psycopg://segl@db.example/segl" (extra `postgresql`; the Debian package
    # has it). A password is better kept in a file of PostgreSQL's own, one for each user (docs/scaling.md).
    url: Annotated[str, Masked(without_password)] = f"sqlite:///{STATE}/segl.db"
    # What this node is called among those that share the store; empty: the host's name.
    node: Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{0,100}$")] = ""

    @property
    def node_name(self) -> str:
        return self.node or socket.gethostname()[:100]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """``[log]``: one event a line on standard error."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # "json" for programs, "console" for people.
    format: Literal["json", "console"] = "json"
    # The least that is written.
    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """``[metrics]``: Prometheus. Each daemon serves its own port; 0 turns it off."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The address they listen on. The numbers are no secret, and no business of strangers either.
    host: str = "127.0.0.1"
    # That of segl-milter.
    milter_port: Port = 0
    # That of segl-map.
    map_port: Port = 0
    # That of segl-deliver.
    deliver_port: Port = 0
    # That of segl-portal.
    portal_port: Port = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    organisation: Organisation
    tenant: tuple[Tenant, ...] = ()
    detection: Detection = field(default_factory=Detection)
    limits: Limits = field(default_factory=Limits)
    milter: Milter = field(default_factory=Milter)
    routing: Routing = field(default_factory=Routing)
    domain: tuple[DomainPin, ...] = ()
    demand: tuple[Demand, ...] = ()
    policy: tuple[Policy, ...] = ()
    group: tuple[Group, ...] = ()
    tunnel_list: tuple[TunnelList, ...] = ()
    certificates: Certificates = field(default_factory=Certificates)
    encryption: Encryption = field(default_factory=Encryption)
    delivery: Delivery = field(default_factory=Delivery)
    inbound: Inbound = field(default_factory=Inbound)
    hold: Hold = field(default_factory=Hold)
    decisions: Decisions = field(default_factory=Decisions)
    portal: Portal = field(default_factory=Portal)
    receipts: ReceiptSettings = field(default_factory=ReceiptSettings)
    receipt: tuple[ReceiptRule, ...] = ()
    canary: Canary = field(default_factory=Canary)
    postfix: Postfix = field(default_factory=Postfix)
    store: Store = field(default_factory=Store)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)

    # Worked out from the above.
    owners: Owners = field(init=False, repr=False, compare=False)
    policies: PolicyTable = field(init=False, repr=False, compare=False)
    _forwarded: frozenset[str] = field(init=False, repr=False, compare=False)
    _copied: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        owners = owners_of(
            self.organisation, self.tenant, self.hold, self.portal, self.receipts, self.inbound
        )
        object.__setattr__(self, "owners", owners)
        object.__setattr__(self, "policies", PolicyTable(self.policy, self.group, owners.name_at))
        object.__setattr__(self, "_forwarded", frozenset(map(mailbox_key, self.organisation.forwarded)))
        object.__setattr__(self, "_copied", frozenset(map(mailbox_key, self.organisation.copies_to)))

    def is_own(self, domain: str) -> bool:
        """Whether *domain* (normal form) belongs to an organisation of this installation."""
        return self.owners.find(domain) is not None

    def may_write_for_us(self, domain: str) -> bool:
        """Whether mail from a sender at *domain* (normal form) may be of this house: an own domain, a host below one
        (programs write as ``www-data@web.x.dk``), or none, as what a mailbox server gives back whole, what answers for
        somebody on leave and quotes, and a user of this host."""
        return not domain or any(map(self.is_own, parents(domain)))

    def owner(self, domain: str) -> Owner:
        """Whose *domain* (normal form) is; a stranger's is treated as that of who runs the installation."""
        return self.owners.find(domain) or self.owners.first

    def pin(self, domain: str) -> DomainPin | None:
        """The postmaster's word on *domain*: its own entry, else the nearest parent with subdomains."""
        best: DomainPin | None = None
        for entry in self.domain:
            if entry.name == domain:
                return entry
            if (
                entry.subdomains
                and domain.endswith("." + entry.name)
                and (best is None or len(entry.name) > len(best.name))
            ):
                best = entry
        return best

    def takes(self, recipient: str) -> bool:
        """Whether *recipient* is of an organisation of this installation, with no further stop in the local part:
        ``bo%kunde.example@own.example`` goes outside."""
        local, domain = split_address(recipient)
        return self.is_own(domain) and not is_relayed(local)

    def leads_outside(self, recipient: str) -> bool:
        """Whether *recipient* is one of ``organisation.forwarded``, with any extension (``bo+sag@``, as Postfix finds
        an alias, virtual(5)): own, and yet read by somebody outside."""
        if not self._forwarded:
            return False
        local, _, domain = mailbox_key("@".join(split_address(recipient))).rpartition("@")
        return any(f"{name}@{domain}" in self._forwarded for name in (local, local.partition("+")[0]))

    def gets_copies(self, recipient: str) -> bool:
        """Whether *recipient* is one of ``organisation.copies_to``."""
        return bool(self._copied) and mailbox_key("@".join(split_address(recipient))) in self._copied

    def stays(self, recipient: str) -> bool:
        """Whether what comes in for *recipient* stays in the house."""
        return self.takes(recipient) and not self.leads_outside(recipient)

    def is_of_house(self, address: str, domain: str) -> bool:
        """Whether *address* is in the organisation whose *domain* (normal form) is."""
        return self.takes(address) and self.owners.find(domain_of(address)) is self.owners.find(domain)

    @property
    def common_looks(self) -> list[Look]:
        """The looks for whoever has none of his own; there should be one at most. One that a policy names and that
        names no domains is for that policy alone."""
        named = {entry.look for entry in self.policy}
        return [look for look in self.portal.look if not look.domains and look.name not in named]

    def look_of(self, sender: str) -> Look | None:
        """The look of what *sender* (an address) sends; ``None`` where none is set."""
        entry = self.policies.about(Message(sender=sender)).terms(None).look if self.policy else None
        if entry is not None:
            return next((look for look in self.portal.look if look.name == entry.look), None)
        domain = domain_of(sender)
        fits = (look for look in self.portal.look if domain in look.domains)
        look = next(fits, None) or next(iter(self.common_looks), None)
        if (owner := self.owner(domain)).is_tenant and (look is None or not look.domains):
            # not with another's name, logo and telephone
            look = look or Look()
            return Look(name=owner.name, colour=look.colour, expiry_days=look.expiry_days)
        return look

    def notice_from_of(self, sender: str) -> str:
        """The From of notices and codes for mail from *sender* (an address)."""
        look = self.look_of(sender)
        return (look and look.notice_from) or self.owner(domain_of(sender)).notice_from

    def expiry_days_of(self, sender: str) -> int:
        look = self.look_of(sender)
        return (look and look.expiry_days) or self.portal.expiry_days

    def name_of(self, sender: str) -> str:
        look = self.look_of(sender)
        return (look and look.name) or self.owner(domain_of(sender)).name

    @property
    def reinject(self) -> str:
        """Where what is safe to travel now is handed on to (``host:port``)."""
        return self.delivery.reinject or self.postfix.return_port

    @property
    def canary_sender(self) -> str:
        return self.canary.sender or f"segl-canary@{self.organisation.domains[0]}"

    @property
    def canary_socket(self) -> Path:
        return self.canary.socket or self.delivery.receipt_socket.parent / "canary.sock"

    @property
    def canary_clear_socket(self) -> Path:
        """Where the front brings a canary that it delivers itself: nothing that should ever happen."""
        return self.canary_socket.parent / "canary-clear.sock"

    def receipt_terms(self, domain: str, sender: str | None = None) -> ReceiptTerms:
        """What holds for *sender*, or for senders of *domain* (normal form) as far as no policy names one of them. Of
        senders who are not ours only failures are told. A program that reads bounces gets Postfix's own, which it
        knows, unless a policy says otherwise."""
        usual = self.receipts
        rule = next((one for one in self.receipt if one.domain == domain), None) or ReceiptRule(domain=domain)
        about = self.policies.about(Message(sender=sender or f"@{domain}")) if self.policy else None
        entry = about.terms(None).receipts if about else None
        by_address = Receipts.NONE if sender and reads_bounces(sender) else None
        send = (entry and entry.receipts) or by_address or rule.send or usual.send
        return ReceiptTerms(
            send=send if self.is_own(domain) else Receipts.FAILURES,
            language=rule.language or self.owner(domain).language,
            wait_seconds=rule.wait_seconds or usual.wait_seconds,
            retention_days=rule.retention_days or usual.retention_days,
            journal=rule.journal,
            text=rule.text,
            html=rule.html,
        )
