"""``[routing]``, ``[[domain]]`` and ``[[demand]]``: by which way recipients are reached, and what TLS must prove.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from segl.settings.encryption import Algorithms, HeaderForm, SignWhen
from segl.settings.values import (
    FORBID,
    HOSTNAME,
    RUN,
    Count,
    Domain,
    FileMode,
    IpAddress,
    Least,
    MatchName,
    Nameserver,
    NextHop,
    Seconds,
)
from segl.vocabulary import MOST_NUMBERS, Label, Proof, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """``[routing]``: the process ``segl-map``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Where Postfix asks.
    socket: Path = RUN / "map.sock"
    # Who may connect: Postfix's user must be in the group that owns the socket.
    socket_mode: FileMode = "0660"
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
    # Where mail hosts are tried, and mail goes to. Another one is for trials.
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 25
    # A look-up still open after this is answered TEMP and goes on: Postfix's queue manager does nothing else
    # while it waits for an answer.
    answer_seconds: Seconds = 2.0
    # For one MX host: connect, EHLO, STARTTLS, certificate. Many greet only after 6 seconds or more, to see
    # whether a client can wait.
    probe_seconds: Seconds = 20.0
    # How long an answer about a domain holds. (That a proof failed which held before: five minutes at first, then
    # twice as long each time.)
    known_seconds: Seconds = 3600.0
    # A domain of which nothing can be found out for so long (every try timed out) takes the next way.
    undecided_seconds: Seconds = 900.0
    # When forced TLS fails at delivery the domain's mail takes the next way: at so many failed tries, or after
    # `fallback_seconds`. (Connections that fail: when both have come.)
    fallback_failures: Count = 2
    # When a copy has waited for so long, see `fallback_failures`.
    fallback_seconds: Seconds = 600.0
    # So does the mail of a domain whose servers take TLS and then put off (4xx) whatever comes, for so long. Not for
    # a mailbox that is full (4.2.x), nor while anything else gets through.
    fallback_later_seconds: Seconds = 14400.0
    # How often the secure instance's queue is looked at for that.
    watch_seconds: Seconds = 20.0

    @property
    def announced_at(self) -> Path:
        return self.announce_socket or self.socket.parent / "announce.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPin:
    """``[[domain]]``: what the postmaster knows about one recipient domain; its way beats every live check."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The recipient domain.
    name: Domain
    # Whether the entry is for all its subdomains, too.
    subdomains: bool = False
    # The way its recipients take. Without a word here: the usual order, with `least`.
    way: Literal[Way.TUNNEL, Way.TLS, Way.PORTAL] | None = None
    # In place of `routing.least` for this domain. "encrypt" takes any certificate: whoever sits on the line can
    # then read along, and only you can say that this is good enough for this recipient.
    least: Proof | None = None
    # For `tls`: names the server's certificate may carry, one of them (Postfix `match=`); none: the MX host's name.
    # "nexthop" is the recipient's domain. "hostname" is the MX host's name, which comes from DNS unproven: with it,
    # whatever stands beside it, TLS proves no more than "pkix".
    match: tuple[MatchName, ...] = ()
    # For `tls`: connect here instead of to the MX hosts; Postfix form, "[mail.x.dk]:25". Postfix asks for the TLS
    # policy by next hop: entries that share one must demand the same.
    next_hop: NextHop = ""
    # In place of `encryption.algorithms`, for what is encrypted to this domain.
    algorithms: Algorithms | None = None
    # In place of `encryption.headers`, for this domain.
    headers: HeaderForm | None = None
    # In place of `encryption.sign`, for this domain.
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
        if self.next_hop.startswith("["):
            return Proof.PINNED
        return Proof.PINNED if self.match and not self.takes_any_mx else Proof.PKIX

    @property
    def takes_any_mx(self) -> bool:
        """Whether the name of whichever MX host DNS says will do: one of the names in ``match`` is enough, and that may
        be Postfix's word for it, which it knows in capitals as well. (A host in brackets is its own.)"""
        return not self.next_hop.startswith("[") and HOSTNAME in map(str.lower, self.match)


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
