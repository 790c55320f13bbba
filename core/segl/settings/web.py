"""The settings of the portal's web side: where ``segl-portal`` listens, and how its pages look.

Both hang below ``[portal]`` (:mod:`segl.settings.document`): ``[portal.web]`` and, one a look, ``[[portal.look]]``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.values import FORBID, Address, Count, Domain, FileMode, Seconds

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def _listen(value: str) -> str:
    if value.startswith("/"):
        return value
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(
            'write a socket\'s path, "/run/segl-portal/web.sock", or an address, "127.0.0.1:8443"'
        )
    return value


def _network(value: str) -> str:
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        raise ValueError('write an IP address or a network, "10.0.0.0/8"') from None


def _colour(value: str) -> str:
    if not _COLOUR.fullmatch(value):
        raise ValueError('write it as "#0b4f6c"')
    return value.lower()


def _one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError("is one line of text")
    return value.strip()


Listen = Annotated[str, AfterValidator(_listen), Field(description='path of a socket, or `"127.0.0.1:8443"`')]
Network = Annotated[str, AfterValidator(_network), Field(description='IP address or network, `"10.0.0.0/8"`')]
Colour = Annotated[str, AfterValidator(_colour), Field(description='colour, `"#0b4f6c"`')]
Line = Annotated[str, Field(max_length=200, description="one line of text"), AfterValidator(_one_line)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """``[portal.web]``: the process ``segl-portal``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # A unix socket for the site's web server, or "host:port".
    listen: Listen = "/run/segl-portal/web.sock"
    # Who may connect to that socket: the web server's user must be in its group.
    socket_mode: FileMode = "0660"
    # With `key`: it speaks TLS itself, without a web server before it. The file holds the chain too.
    certificate: Path | None = None
    # The key of `certificate`; readable by segl-portal.
    key: Path | None = None
    # Who may tell us the browser's address (X-Forwarded-For). What comes by the unix socket always may.
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1/32", "::1/128")
    # How many processes answer; 0: one per core.
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    # Requests and idle connections of one worker at one time; what is more is answered 503.
    connections: Count = 500
    # For a request's header to be whole.
    header_seconds: Seconds = 10.0
    # For a small form to be whole; answers have clocks of their own.
    body_seconds: Seconds = 30.0
    # Until an idle connection is closed.
    idle_seconds: Seconds = 10.0
    # For a browser, or the web server before us, to take some more of what it is sent. The kernel holds up to four
    # megabytes, and asks for more when a third of them is through: minutes, over a slow line.
    send_seconds: Seconds = 300.0
    # At a stop: how long downloads and answers under way may take.
    drain_seconds: Seconds = 30.0

    @property
    def is_socket(self) -> bool:
        return self.listen.startswith("/")

    @property
    def speaks_tls(self) -> bool:
        return self.certificate is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """``[[portal.look]]``: whose page it is, for messages from these domains.

    The first look is that of the pages shown before a message is open, which are the same for all: nobody can tell
    from them whether a message exists, or whose it is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Sending domains; none: this look is for all domains that no other look names, or for those whom a policy gives it.
    domains: tuple[Domain, ...] = ()
    # Whose page it is, as people know it; empty: `organisation.name`.
    name: Line = ""
    # Buttons and links. It is refused when text in it or on it could not be read (WCAG 2.2: 4.5 to 1 on white).
    colour: Colour = "#0b4f6c"
    # PNG, JPEG, WebP or SVG, at most 200 KB; shown 48 pixels high.
    logo: Path | None = None
    # In place of `portal.expiry_days`, for mail from these domains.
    expiry_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    # In place of `portal.notice_from`, for mail from these domains.
    notice_from: Address = ""
    # Whom to ask, as people say it: "Ring til os på 12 34 56 78, hverdage 9-15".
    contact: Line = ""
    # Where it is told what is done with personal data; linked at the foot of each page.
    privacy_url: Annotated[str, Field(pattern=r"^(https://[^\s\"<>]+)?$")] = ""
