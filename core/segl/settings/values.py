"""The forms of single values in the settings file: hosts, ports, addresses, names for ``match=``.

Apart from :mod:`segl.settings.document`, which uses them, because of its length. Each refuses what it cannot be with a
:class:`ValueError` that says how to write it. A form's ``description`` stands in the reference
(:mod:`segl.settings.reference`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator

from segl import places
from segl.addresses import domain_of, normal_domain
from segl.vocabulary import Label, Proof, Tongue

RUN = places.RUN
STATE = Path("/var/lib/segl")
TUNNEL_LISTS = Path("/var/lib/segl-tunnel")

FORBID = ConfigDict(extra="forbid")

# Postfix's word in ``match=`` for the host that it has connected to (postconf(5), smtp_tls_verify_cert_match).
HOSTNAME = "hostname"


@dataclass(frozen=True, slots=True)
class Masked:
    """Stands in the annotation of a key that may hold a secret: how its value is shown (``segl settings show``)."""

    shown: Callable[[str], str]


def without_password(url: str) -> str:
    """*url* with the password before its ``@``, and the values after its ``?``, as three stars."""
    url = re.sub(r"(://[^/:@?]*):[^@]*@", r"\1:***@", url)
    url = re.sub(r"([?&][^=&#]*=)[^&#]*", r"\1***", url)
    return re.sub(r"([?&])[^=&#]+(?=[&#]|$)", r"\1***", url)


def _pairs(query: str) -> list[tuple[str, str, str]]:
    return [each.partition("=") for each in query.split("&") if each]


def without_literals(template: str) -> str:
    """*template* when it takes its secret from ``$secret``; else three stars, for it may hold the secret itself."""
    return template if "$secret" in template or not template else "***"


def without_literal_values(body: str) -> str:
    """*body*, a template in JSON or of a form, with each value that is made of no ``$word`` as three stars."""
    try:
        return json.dumps(_without_literals(json.loads(body)), ensure_ascii=False)
    except ValueError:
        return "&".join(
            f"{name}={value if '$' in value else '***'}" if is_set else "***"
            for name, is_set, value in _pairs(body)
        )


def _without_literals(value: object) -> object:
    match value:
        case dict():
            return {name: _without_literals(inside) for name, inside in value.items()}
        case list():
            return [_without_literals(inside) for inside in value]
        case str() if "$" in value:
            return value
    return "***"


def _host_port(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError('write it as "host:port", for example "127.0.0.1:10027"')
    return value


def _room_above(value: str) -> str:
    if int(value.rpartition(":")[2]) > 65531:
        raise ValueError("five ports are needed, one after the other; name a lower one")
    return value


def _room_for_two(value: str) -> str:
    if int(value.rpartition(":")[2]) > 65534:
        raise ValueError("two ports are needed, one after the other; name a lower one")
    return value


def _address(value: str) -> str:
    if value and not domain_of(value):
        raise ValueError("is not a mail address")
    return value


def _nameserver(value: str) -> str:
    server_address(value)
    return value


def _ip_address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise ValueError("is no IP address") from None


def _next_hop(value: str) -> str:
    if value:
        next_hop_host(value)
    return value


def _tongue(value: str) -> Tongue | Literal["all"]:
    with suppress(ValueError):
        return "all" if value == "all" else Tongue(value)
    near = get_close_matches(str(value), Tongue, 1)
    meant = f"did you mean {near[0]}?" if near else f"it may be all, {', '.join(Tongue)}"
    raise ValueError(f"{str(value)[:60]!r} is no language that is recognised and not read; {meant}")


def _scored(value: str) -> Label | Literal["any"]:
    if value == "any":
        return "any"
    if value in list(Label):
        return Label(value)
    near = get_close_matches(value, (*Label, "any"), n=1)
    raise ValueError(f"{value[:60]!r} is no category{f'; did you mean {near[0]}?' if near else ''}")


def _least(value: Proof) -> Proof:
    if value is Proof.ENCRYPT:
        raise ValueError(
            "'encrypt' takes any certificate: say so in [[domain]], for each domain it is meant for"
        )
    return value


def match_name(value: str) -> str:
    """A name for Postfix's ``match=``: a host, ``.parent``, or its words ``nexthop``, ``dot-nexthop``,
    ``hostname``. Raises :class:`ValueError`."""
    if not _MATCH_NAME.fullmatch(value):
        raise ValueError(
            'is no name to match a certificate with; write "mail.x.dk", or ".x.dk" for any host of it'
        )
    return value


def _match_of_somebody(value: str) -> str:
    """``.dk`` is every certificate of the country."""
    if match_name(value).startswith(".") and "." not in value[1:]:
        raise ValueError(
            f"takes the certificate of whoever has a domain below {value}; name the hosts' domain"
        )
    return value


def _as_postfix_waits(value: float) -> float:
    """milter_content_timeout in postfix/conf is 60 seconds, and reading is not all."""
    return min(value, 50.0)


def server_address(value: str) -> tuple[str, int]:
    """``(IP address, port)`` of a name server: ``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1``,
    ``[2001:db8::1]:5353``. Raises :class:`ValueError`."""
    host, port = value, "53"
    if value.startswith("[") or value.count(":") == 1:
        host, _, port = value.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
    try:
        address = str(ip_address(host))
    except ValueError:
        raise ValueError('write an IP address, with a port if need be: "127.0.0.1:5353"') from None
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("the port is a number from 1 to 65535")
    return address, int(port)


def is_address(host: str) -> bool:
    """Whether *host* is an IP address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def next_hop_host(value: str) -> str:
    """The host or domain of a Postfix next hop (transport(5)): ``x.dk``, ``x.dk:587``, ``[mail.x.dk]``,
    ``[mail.x.dk]:587``, ``[192.0.2.1]``. Raises :class:`ValueError`."""
    form = _NEXT_HOP.fullmatch(value)
    if form is None or not 0 < int(form["port"] or 25) < 65536:
        raise ValueError('write it as Postfix does: "[mail.x.dk]:25", or "x.dk" for the mail hosts of x.dk')
    bracketed, bare = form["bracketed"], form["bare"]
    if bare is not None:
        return normal_domain(bare)
    try:
        return str(ip_address(bracketed.removeprefix("IPv6:")))
    except ValueError:
        return normal_domain(bracketed)


_MATCH_NAME = re.compile(r"\.?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_NEXT_HOP = re.compile(r"(?:\[(?P<bracketed>[^\[\]\s]+)\]|(?P<bare>[^\[\]:\s]+))(?::(?P<port>[0-9]{1,5}))?")


def _form(description: str) -> object:
    return Field(description=description)


Domain = Annotated[str, AfterValidator(normal_domain), _form('domain, `"x.dk"`')]
Address = Annotated[str, AfterValidator(_address), _form("mail address")]
HostPort = Annotated[str, AfterValidator(_host_port), _form('host and port, `"127.0.0.1:10027"`')]
FirstOfFive = Annotated[HostPort, AfterValidator(_room_above)]
FirstOfTwo = Annotated[HostPort, AfterValidator(_room_for_two)]
Nameserver = Annotated[
    str, AfterValidator(_nameserver), _form('IP address, `"192.0.2.1"` or `"127.0.0.1:5353"`')
]
IpAddress = Annotated[str, AfterValidator(_ip_address), _form("IP address")]
NextHop = Annotated[str, AfterValidator(_next_hop), _form('next hop of Postfix, `"[mail.x.dk]:25"`')]
MilterEndpoint = Annotated[
    str,
    Field(
        pattern=r"^(unix:[^\s,{}$]+|inet:[^\s,{}$]+:[0-9]+|inet6:[^\s,{}$]+:[0-9]+)$",
        description='`"unix:…"` or `"inet:host:port"`',
    ),
]
MatchName = Annotated[
    str,
    AfterValidator(_match_of_somebody),
    _form('name in a certificate, `"mail.x.dk"`, or `".x.dk"` for any host of it'),
]
FileMode = Annotated[str, Field(pattern=r"^0?[0-7]{3}$", description='file mode, `"0660"`')]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# Of the answer that Postfix waits for. More is no fault: a file of before must not stop all mail.
AnswerSeconds = Annotated[float, Field(gt=0), AfterValidator(_as_postfix_waits)]
Count = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
Score = Annotated[float, Field(gt=0, le=1)]
Least = Annotated[Proof, AfterValidator(_least)]
UnreadLanguage = Annotated[
    Tongue | Literal["all"], PlainValidator(_tongue), _form('language, `"french"`, or `"all"`')
]
Scored = Annotated[Label | Literal["any"], PlainValidator(_scored), _form("category, or `any`")]
