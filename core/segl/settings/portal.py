"""``[portal]``, ``[portal.limits]``, ``[portal.sms]``, ``[portal.answers]``, ``[portal.relay]``: sealed messages.

Part of :mod:`segl.settings.document`; the comments are the manual here as there. The web side is in
:mod:`segl.settings.web`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.storage import Storage
from segl.settings.values import (
    FORBID,
    Address,
    Count,
    Domain,
    Masked,
    MatchName,
    NextHop,
    Seconds,
    next_hop_host,
    without_literal_values,
    without_literals,
    without_password,
)
from segl.settings.web import Look, Web

_LIMIT = Annotated[int, Field(ge=1, le=1_000_000)]
_DAYS = Annotated[int, Field(ge=1, le=3650)]
# It stands in a table that is written into master.cf: no braces, no dollar signs, one line of ASCII.
_HEADER_FIELD: Final = re.compile(
    r"(?!x-segl-)[!#%&'*+.^_`|~0-9A-Za-z-]{1,64}: ?[!-#%-z|~][ -#%-z|~]{0,199}", re.IGNORECASE
)


def _header_field(value: str) -> str:
    if not _HEADER_FIELD.fullmatch(value):
        raise ValueError(
            'write a header field as it stands in a message, "Encrypt-This: yes"; not X-Segl-…, nor {}$'
        )
    return value


def _filled(value: str) -> str:
    template = Template(value)
    if not template.is_valid():
        raise ValueError("holds a $ that begins no word; write $$ for a dollar sign")
    if unknown := set(template.get_identifiers()) - set(SMS_WORDS):
        raise ValueError(
            f"${min(unknown)} is not known; there are {', '.join('$' + word for word in SMS_WORDS)}"
        )
    return value


def _gateway(value: str) -> str:
    if value and not _GATEWAY.fullmatch(value):
        raise ValueError('write an address that begins with "https://"')
    return _filled(value)


def _scanner(value: str) -> str:
    host, _, port = value.rpartition(":")
    if value and not value.startswith("/") and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError('write the path of its socket, "/run/clamav/clamd.ctl", or "127.0.0.1:3310"')
    return value


_PROGRAMS = (
    "exe com scr pif bat cmd msi msp mst msu ps1 ps1xml psm1 psd1 vb vbs vbe js jse ws wsc wsf wsh sct hta cpl jar "
    "jnlp lnk reg dll sys gadget xll xbap app command pkg dmg apk sh py pyw pyz pl"
)
_IMAGES_AND_MACROS = (
    "iso img vhd vhdx appx msix application appref-ms chm hlp url website scf inf docm xlsm pptm dotm xltm xlam potm "
    "ppam ppsm sldm ade adp accde mde"
)
# What Windows does when it is opened stands in these: a program to run, a server to show one's password or screen to.
_ORDERS = "msc rdp settingcontent-ms library-ms search-ms theme diagcab shb shs udl iqy oqy dqy rqy slk"
_PAGES = "html htm shtml xhtml xht mht mhtml svg svgz"
_REFUSED: Final = tuple(f"{_PROGRAMS} {_IMAGES_AND_MACROS} {_ORDERS} {_PAGES}".split())
_GATEWAY: Final = re.compile(r"https://[^\s$/]+(/\S*)?")
SMS_WORDS: Final = ("number", "digits", "text", "sender", "secret")
Filled = Annotated[str, AfterValidator(_filled), Field(description="text with `$number`, `$text` …")]
GatewayUrl = Annotated[
    str, AfterValidator(_gateway), Field(description='address that begins with "https://"')
]
Scanner = Annotated[str, AfterValidator(_scanner), Field(description='path of a socket, or "host:port"')]
HeaderName = Annotated[
    str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$", description="name of a header field")
]
HeaderField = Annotated[
    str, AfterValidator(_header_field), Field(description='header field, `"Encrypt-This: yes"`')
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalLimits:
    """``[portal.limits]``: how often what may be asked. Each is counted in the store, for all processes together.

    Nobody without a recipient's link can use up what is hers: what is counted by message, by address and in all is
    counted for the right link alone."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Codes for one link, in an hour. When these, or those of the day, are used up, each network has two a day yet:
    # programs that try the links in mail leave the recipient hers.
    codes_an_hour: _LIMIT = 6
    # Codes for one link, in a day.
    codes_a_day: _LIMIT = 20
    # Codes to one recipient's address, for all her messages, in an hour.
    address_an_hour: _LIMIT = 30
    # Codes that are sent in all, in an hour.
    all_an_hour: _LIMIT = 2_000
    # Codes that one network (IPv4 /24, IPv6 /48) may ask for, right or wrong, in an hour.
    network_codes_an_hour: _LIMIT = 120
    # Codes that one network may try, right or wrong, in an hour.
    network_tries_an_hour: _LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """``[portal.sms]``: codes by text message, through any provider that takes an HTTPS request.

    In `body`, `headers` and the path of `url` stand ``$number`` (+4512345678), ``$digits`` (4512345678), ``$text``,
    ``$sender`` and ``$secret``; each is written so that it fits there. ``$$`` is a dollar sign."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The provider's address; empty: no text messages. `[sms:…]` in a subject then asks for the secure way alone.
    url: Annotated[GatewayUrl, Masked(without_password)] = ""
    # How the provider wants to be asked.
    method: Literal["POST", "PUT"] = "POST"
    # How values are written in `body`: within JSON strings, or as a form's values.
    form: Literal["json", "form"] = "json"
    # What the provider is sent.
    body: Annotated[Filled, Masked(without_literal_values)] = (
        '{"to": "$number", "from": "$sender", "message": "$text"}'
    )
    # Header fields of the request.
    headers: Mapping[HeaderName, Annotated[Filled, Masked(without_literals)]] = field(
        default_factory=lambda: {"Authorization": "Bearer $secret"}, hash=False
    )
    # The file that holds the provider's key. Without a word here: the systemd credential "segl-sms", if any.
    secret_file: Path | None = None
    # The sender's name on the phone: eleven letters or digits at most.
    sender: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ]{1,11}$")] = "Sikker kode"
    # Authorities for the provider's certificate; none: the system's.
    ca_file: Path | None = None
    # How long it may take to answer.
    seconds: Seconds = 10.0
    # Put before a number that is written without "+".
    country: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,3}$")] = "+45"
    # A file with a recipient's address and her number on each line ("bo@kunde.dk +4512345678"); # begins a comment.
    numbers: Path | None = None


class ScannerDown(StrEnum):
    """What becomes of an answer while the virus scanner does not answer."""

    REFUSE = "refuse"  # it is refused for now
    TAKE = "take"  # it is taken unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAnswers:
    """``[portal.answers]``: what a recipient may write back."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Whether the page offers to answer.
    on: bool = True
    # The text of one answer.
    text_bytes: Count = 256 * 1024
    # All files of one answer together. In the mail to the sender they take a third more, and the front's own
    # `message_size_limit` must let that in.
    bytes: Count = 50 * 1024 * 1024
    # Each file.
    file_bytes: Count = 50 * 1024 * 1024
    # How many files one answer may have.
    files: Annotated[int, Field(ge=0, le=1000)] = 100
    # How many answers one recipient may give to one message.
    answers: Annotated[int, Field(ge=1, le=1000)] = 20
    # How many of them within an hour.
    answers_an_hour: Annotated[int, Field(ge=1, le=1000)] = 10
    # How many answers each process takes in at one time.
    uploads: Annotated[int, Field(ge=1, le=256)] = 16
    # File endings that are not taken. A program in an answer would come from a stranger, past the mail filter; so would
    # a page whose scripts run when a colleague opens it. Unless the list is empty, what begins as a program does is not
    # taken either, whatever it is called.
    refused_types: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,20}$")], ...] = _REFUSED
    # The virus scanner (clamd): its unix socket or "host:port"; empty: none is asked.
    clamd: Scanner = ""
    # How long it may take to answer.
    clamd_seconds: Seconds = 60.0
    # What becomes of an answer while the scanner does not answer.
    clamd_down: ScannerDown = ScannerDown.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalRelay:
    """``[portal.relay]``: another service for what would be sealed here: Microsoft 365 with its mail-flow rule for
    encryption, for example. Mail goes there by TLS that must be verified, and nothing is sealed. `segl install` must be
    run after a change. See docs/relay-backend.md."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # One host, as Postfix writes it: "[nordby-vand-dk.mail.protection.outlook.com]:25"; empty: Segl's own portal.
    next_hop: NextHop = ""
    # Names that its certificate may carry; none: the host's own.
    match: tuple[MatchName, ...] = ()
    # The field that the service's rule looks for. It must not begin with X-Segl-, which never leaves the house.
    header: HeaderField = "Segl-Encrypt: yes"
    # Recipients at these domains alone; none: all.
    domains: tuple[Domain, ...] = ()

    def takes(self, domain: str) -> bool:
        """Whether what would be sealed for a recipient at *domain* (normal form) goes there."""
        return bool(self.next_hop) and (not self.domains or domain in self.domains)

    @property
    def host(self) -> str:
        """The service's name or address; empty when there is none."""
        return next_hop_host(self.next_hop) if self.next_hop else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """``[portal]``: sealed messages, and the process ``segl-portal`` that shows them."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # The address under which recipients reach segl-portal: what notices link to. Its host must not change while
    # messages are out.
    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+[^\s]*$")] = "https://sikker.invalid"
    # The folder of sealed messages, unless [portal.storage] names another place. Several nodes must see the same.
    # Elsewhere than below /var/lib/segl the units need a drop-in (docs/operations.md, "Install").
    sealed: Path = Path("/var/lib/segl/sealed")
    # A sealed message can be read so long, then it is shredded.
    expiry_days: _DAYS = 30
    # Who notices and codes are from; empty: sikker-besked@ the first own domain.
    notice_from: Address = ""
    # Whether the notice tells the message's subject. It travels unencrypted then; digits of long numbers are masked.
    subject_shown: bool = False

    # How long a code can be used.
    code_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    # How many wrong tries a code bears.
    code_tries: Annotated[int, Field(ge=1, le=10)] = 5
    # How many wrong tries all codes of one recipient's copy bear together: then it is closed until `segl sealed
    # extend`. Fifteen tries at eight digits: 15 in 100,000,000.
    failures: Annotated[int, Field(ge=1, le=100)] = 15
    # How long a browser may go on reading after the right code, counted from its last request.
    visit_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    # How long it may go on reading at most.
    visit_hours: Annotated[int, Field(ge=1, le=48)] = 12
    limits: PortalLimits = field(default_factory=PortalLimits)

    # What the sender is told besides the receipts: "opened" (the content was shown), "ending" (not opened yet, and
    # `reminder_days` are left; the recipient is reminded then), "ended" (never opened, now gone).
    tell_sender: tuple[Literal["opened", "ending", "ended"], ...] = ("opened", "ending", "ended")
    # So many days before its end the recipient of an unopened message is reminded; 0: not.
    reminder_days: Annotated[int, Field(ge=0, le=3650)] = 5
    # A file with 32 random bytes or more that only segl-deliver may read (`head -c 32 /dev/urandom`). With it `segl
    # sealed resend` can make a new link; without it nobody can, and whoever has this file and the store can read
    # what is sealed. Without a word here: no second key is kept.
    resend_key: Path | None = None

    storage: Storage = field(default_factory=Storage)
    sms: Sms = field(default_factory=Sms)
    answers: PortalAnswers = field(default_factory=PortalAnswers)
    web: Web = field(default_factory=Web)
    look: tuple[Look, ...] = ()
    relay: PortalRelay = field(default_factory=PortalRelay)

    @property
    def base(self) -> str:
        """The address with one slash at its end."""
        return self.url.rstrip("/") + "/"
