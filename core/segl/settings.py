"""The settings: what a postmaster may decide, as typed and frozen values.

The file is TOML (``/etc/segl/segl.toml``); each dataclass below is one table of it, and the comments
are its manual. A missing table or key takes the default written here, so that the smallest working
file names only the organisation. Reading and checking happens in :mod:`segl.settings_file`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from segl.addresses import is_relayed, split_address
from segl.settings_certificates import Certificates
from segl.settings_encryption import Algorithms, Encryption, HeaderForm, SignWhen
from segl.settings_hold import Hold
from segl.settings_inbound import Inbound
from segl.settings_portal import Portal
from segl.settings_receipts import ReceiptRule, Receipts, ReceiptSettings, ReceiptTerms
from segl.settings_tunnel import TunnelList
from segl.settings_values import (
    Count,
    Domain,
    FirstOfFive,
    HostPort,
    IpAddress,
    Least,
    MatchName,
    MilterEndpoint,
    Nameserver,
    NextHop,
    Score,
    Scored,
    Seconds,
)
from segl.vocabulary import MOST_NUMBERS, Decision, Label, Mode, Proof, Way

RUN = Path("/run/segl")
STATE = Path("/var/lib/segl")
TUNNEL_LISTS = Path("/var/lib/segl-tunnel")
CONFIG = Path("/etc/segl")
DEFAULT_FILE = CONFIG / "segl.toml"

FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """``[organisation]``: whose mail this is."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    name: str
    # Own domains. A message to these alone is plain; their recipients take the way `internal`.
    domains: Annotated[tuple[Domain, ...], Field(min_length=1)]
    # Whether every subdomain of an own domain is own too.
    subdomains: bool = False
    language: Literal["da", "en"] = "da"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """``[detection]``: how messages are read and what follows."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    mode: Mode = Mode.DETECT
    # A subject that begins with one of these (any case) asks for the secure way. There is no tag
    # for the opposite.
    subject_tags: tuple[str, ...] = ("sikker:", "[sikker]")
    # Rule files on top of the shipped ones: same id replaces, new id adds.
    rules: tuple[Path, ...] = ()
    # What follows when a part cannot be read; "plain" is not offered.
    unreadable: Literal[Decision.SECURE, Decision.HOLD, Decision.REJECT] = Decision.SECURE
    # Whether words in pictures and scanned pages are read (needs tesseract).
    ocr: bool = False
    # What a picture or scanned page is that was not read, unless it is small and shown in the text as
    # logos are: "unreadable", or "ignore".
    pictures: Literal["unreadable", "ignore"] = "unreadable"
    # Whether the trained model reads along; without it words alone decide.
    model: bool = True
    # What follows when the model cannot say no and nothing else speaks: between its two thresholds.
    unsure: Literal[Decision.PLAIN, Decision.SECURE, Decision.HOLD] = Decision.SECURE
    # From which score a category (or the message as a whole, `any`) holds, where the model's own
    # threshold does not suit: lower finds more, higher gives fewer false alarms.
    thresholds: Mapping[Scored, Score] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``[limits]``: what is read of one message; beyond them the finding is ``unreadable``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    message_bytes: Count = 100 * 1024 * 1024
    parts: Count = 1_000
    depth: Count = 30
    header_bytes: Count = 256 * 1024
    text_chars: Count = 10_000_000
    # All that one attachment unfolds to: the members of an archive, the files in a document.
    unfolded_bytes: Count = 200 * 1024 * 1024
    # For one attachment, and for all of a message together. Postfix waits 60 seconds for an answer.
    attachment_seconds: Seconds = 20.0
    attachments_seconds: Seconds = 40.0
    # Of these, how many seconds may go into pictures, when `detection.ocr` is set.
    ocr_seconds: Seconds = 20.0
    # What a process that reads attachments may take beyond what it starts with.
    reader_bytes: Count = 512 * 1024 * 1024
    recipients: Count = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Milter:
    """``[milter]``: the process ``segl-milter``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    socket: Path = RUN / "milter.sock"
    # Who may connect: Postfix's user must be in the group that owns the socket.
    socket_mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] = "0660"
    workers: Annotated[int, Field(ge=0, le=64)] = 0  # 0: one per core
    drain_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """``[routing]``: the process ``segl-map``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    socket: Path = RUN / "map.sock"
    socket_mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] = "0660"
    # The milter tells this socket of each recipient as it comes in, so that the answer is there when Postfix
    # asks. Without a word here: announce.sock, beside `socket`.
    announce_socket: Path | None = None
    # Ways in order of preference; the last must be able to take anyone.
    order: tuple[Literal[Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL], ...] = (
        Way.TUNNEL,
        Way.CERTIFICATE,
        Way.TLS,
        Way.PORTAL,
    )
    # How sure forced TLS must be of the server it ends at: "pkix" (a certificate in the MX host's name),
    # "pinned" (in a name from [[domain]] match), "mta-sts", "dane", or "sealed" (TLS alone never does).
    least: Least = Proof.PKIX
    # Certificates that TLS peers must chain to; empty: the system's.
    tls_ca_file: Path | None = None
    # IP addresses, with a port if it is not 53 ("127.0.0.1:5353"); empty: those of /etc/resolv.conf.
    nameservers: tuple[Nameserver, ...] = ()
    # Addresses of resolvers whose word on DNSSEC (bit AD) is believed, besides those on this host. Only for one
    # that nobody can get in front of; the answers of others are checked by ourselves, which costs more questions.
    trusted_resolvers: tuple[IpAddress, ...] = ()
    # The root's DNSSEC keys, for that check: a file with DS or DNSKEY records; none: IANA's, as shipped.
    trust_anchors: Path | None = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    # A look-up still open after this is answered TEMP and goes on: Postfix's queue manager does nothing else
    # while it waits for an answer.
    answer_seconds: Seconds = 2.0
    # For one MX host: connect, EHLO, STARTTLS, certificate. Many greet only after 6 seconds or more, to see
    # whether a client can wait.
    probe_seconds: Seconds = 20.0
    known_seconds: Seconds = 3600.0  # how long an answer about a domain holds
    # A domain of which nothing can be found out for so long (every try timed out) takes the next way.
    undecided_seconds: Seconds = 900.0
    # When forced TLS fails at delivery the domain's mail takes the next way: at so many failed tries, or when a
    # copy has waited for so long. (Connections that fail: when both have come.)
    fallback_failures: Count = 2
    fallback_seconds: Seconds = 600.0
    # How often the secure instance's queue is looked at for that.
    watch_seconds: Seconds = 20.0
    # How long it is kept how many recipients of a domain took which way (`segl domains`).
    traffic_days: Annotated[int, Field(ge=1, le=3650)] = 90

    @property
    def announced_at(self) -> Path:
        return self.announce_socket or self.socket.with_name("announce.sock")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPin:
    """``[[domain]]``: what the postmaster knows about one recipient domain; its way beats every live check."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    name: Domain
    subdomains: bool = False
    # None: the usual order, with the `least` below.
    way: Literal[Way.TUNNEL, Way.TLS, Way.PORTAL] | None = None
    # In place of `routing.least` for this domain. "encrypt" takes any certificate: whoever sits on the line can
    # then read along, and only you can say that this is good enough for this recipient.
    least: Proof | None = None
    # For `tls`: names the server's certificate may carry (Postfix `match=`); none: the MX host's name.
    match: tuple[MatchName, ...] = ()
    # For `tls`: connect here instead of to the MX hosts; Postfix form, "[mail.x.dk]:25". Postfix asks for the TLS
    # policy by next hop: entries that share one must demand the same.
    next_hop: NextHop = ""
    # In place of `encryption.algorithms`, `.headers` and `.sign`, for what is encrypted to this domain.
    algorithms: Algorithms | None = None
    headers: HeaderForm | None = None
    sign: SignWhen | None = None

    @property
    def speaks_of_encryption(self) -> bool:
        return any(word is not None for word in (self.algorithms, self.headers, self.sign))

    @property
    def proof(self) -> Proof:
        """What forced TLS by this entry proves. A host in brackets is a name the postmaster wrote, too; unless any
        certificate will do there."""
        if self.least is Proof.ENCRYPT and not self.match:
            return Proof.ENCRYPT
        return Proof.PINNED if self.match or self.next_hop.startswith("[") else Proof.PKIX


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """``[[demand]]``: messages that ask more of TLS than others. All that is named in one entry must hold; of
    several entries that hold the strictest counts."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Holds when the message has one of these categories.
    labels: tuple[Label, ...] = ()
    # Holds when the message has at least so many different CPR numbers.
    cpr_numbers: Annotated[int, Field(ge=1, le=MOST_NUMBERS)] | None = None
    # What TLS must then prove; "sealed": such a message never goes by TLS alone.
    least: Least


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """``[delivery]``: the process ``segl-deliver``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    tunnel_socket: Path = RUN / "tunnel.sock"
    certificate_socket: Path = RUN / "certificate.sock"
    portal_socket: Path = RUN / "portal.sock"
    inbound_socket: Path = RUN / "inbound.sock"
    receipt_socket: Path = RUN / "receipt.sock"
    socket_mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] = "0660"
    # <domain>.pem: the tunnel certificates of partners, one or several per file.
    certificates: Path = CONFIG / "tunnel.d"
    # Where `segl tunnel update` keeps what it accepted of each [[tunnel_list]].
    tunnel_lists: Path = TUNNEL_LISTS
    # Our own keys (`segl key`): what is encrypted to us is opened with them. NAME.key.pem, NAME.crt.pem, NAME.json.
    keys: Path = CONFIG / "keys"
    # The file with the passphrase of encrypted keys. Without a word here: the systemd credential "segl-keys", if any.
    keys_passphrase: Path | None = None
    # Own domain = the name of the key that signs for it; without a word the newest that is for that domain.
    sign_keys: Mapping[Domain, str] = field(default_factory=dict, hash=False)
    # The front's return port: takes what is safe now (ciphertext, notices, mail to own domains).
    reinject: HostPort = "127.0.0.1:10027"
    reinject_seconds: Seconds = 60.0
    message_bytes: Count = 150 * 1024 * 1024
    # Mail in hand at one time, over all connections; what is more waits. Memory is up to nine times this.
    bytes_in_flight: Count = 64 * 1024 * 1024
    drain_seconds: Seconds = 30.0  # at a stop: how long deliveries in hand may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """``[postfix]``: where the two instances meet; ``segl install`` writes these into Postfix."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    front: Path = Path("/etc/postfix")
    secure: Path = Path("/etc/postfix-segl")
    secure_queue: Path = Path("/var/spool/postfix-segl")
    secure_data: Path = Path("/var/lib/postfix-segl")
    secure_port: HostPort = "127.0.0.1:10026"
    # Messages that demand more than usual (`[[demand]]`) come in by an entrance for each least proof: five
    # ports one after the other, from this one on.
    demand_ports: FirstOfFive = "127.0.0.1:10031"
    return_port: HostPort = "127.0.0.1:10027"
    # Milters of the return port, "unix:…" or "inet:host:port": what signs mail with DKIM belongs here, since a message
    # sent encrypted has another body than the one that came in. Never Segl's own.
    return_milters: tuple[MilterEndpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """``[store]``: what the processes remember together (SQLAlchemy URL)."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    url: str = f"sqlite:///{STATE}/segl.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """``[log]``: one event a line on standard error."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """``[metrics]``: Prometheus. Each daemon serves its own port; 0 turns it off."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    host: str = "127.0.0.1"
    milter_port: Annotated[int, Field(ge=0, le=65535)] = 0
    map_port: Annotated[int, Field(ge=0, le=65535)] = 0
    deliver_port: Annotated[int, Field(ge=0, le=65535)] = 0
    portal_port: Annotated[int, Field(ge=0, le=65535)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole file."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    organisation: Organisation
    detection: Detection = field(default_factory=Detection)
    limits: Limits = field(default_factory=Limits)
    milter: Milter = field(default_factory=Milter)
    routing: Routing = field(default_factory=Routing)
    domain: tuple[DomainPin, ...] = ()
    demand: tuple[Demand, ...] = ()
    tunnel_list: tuple[TunnelList, ...] = ()
    certificates: Certificates = field(default_factory=Certificates)
    encryption: Encryption = field(default_factory=Encryption)
    delivery: Delivery = field(default_factory=Delivery)
    inbound: Inbound = field(default_factory=Inbound)
    hold: Hold = field(default_factory=Hold)
    portal: Portal = field(default_factory=Portal)
    receipts: ReceiptSettings = field(default_factory=ReceiptSettings)
    receipt: tuple[ReceiptRule, ...] = ()
    postfix: Postfix = field(default_factory=Postfix)
    store: Store = field(default_factory=Store)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)

    def is_own(self, domain: str) -> bool:
        """Whether *domain* (normal form) is one of the organisation's own."""
        own = self.organisation.domains
        return domain in own or (
            self.organisation.subdomains and any(domain.endswith("." + name) for name in own)
        )

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
        """Whether *recipient* is the organisation's own, with no further stop in the local part:
        ``bo%kunde.example@own.example`` goes outside."""
        local, domain = split_address(recipient)
        return self.is_own(domain) and not is_relayed(local)

    @property
    def failures_to(self) -> str:
        return self.inbound.failures_to or f"postmaster@{self.organisation.domains[0]}"

    def notice_from_of(self, domain: str) -> str:
        """The From of notices and codes for mail from the own *domain* (normal form)."""
        look = self.portal.look_of(domain)
        return (look and look.notice_from) or self.notice_from

    def expiry_days_of(self, domain: str) -> int:
        look = self.portal.look_of(domain)
        return (look and look.expiry_days) or self.portal.expiry_days

    def name_of(self, domain: str) -> str:
        look = self.portal.look_of(domain)
        return (look and look.name) or self.organisation.name

    @property
    def officer(self) -> str:
        """Who decides about messages on hold."""
        return self.hold.officer or f"postmaster@{self.organisation.domains[0]}"

    @property
    def notice_from(self) -> str:
        return self.portal.notice_from or f"sikker-besked@{self.organisation.domains[0]}"

    @property
    def receipt_sender(self) -> str:
        return self.receipts.sender or f"kvittering@{self.organisation.domains[0]}"

    def receipt_terms(self, domain: str) -> ReceiptTerms:
        """What holds for senders of *domain* (normal form). Of senders who are not ours only failures are told."""
        usual = self.receipts
        rule = next((one for one in self.receipt if one.domain == domain), None) or ReceiptRule(domain=domain)
        return ReceiptTerms(
            send=(rule.send or usual.send) if self.is_own(domain) else Receipts.FAILURES,
            language=rule.language or self.organisation.language,
            wait_seconds=rule.wait_seconds or usual.wait_seconds,
            retention_days=rule.retention_days or usual.retention_days,
            journal=rule.journal,
            text=rule.text,
            html=rule.html,
        )
