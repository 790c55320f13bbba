"""``[[tunnel_list]]``: lists of tunnel partners that somebody else keeps (docs/tunnel-list.md).

Apart from :mod:`segl.settings.document`, which takes it in, because of its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.values import FORBID, Masked, without_password


class ListFormat(StrEnum):
    """How a list is written. Only ``segl`` is signed; the others are for files that are already trusted."""

    SEGL = "segl"  # docs/tunnel-list.md
    PEM = "pem"  # a directory of `<domain>.pem`
    CSV = "csv"  # rows `domain;certificate`
    JSON = "json"  # `{"domain": "PEM", …}`


def _pin(value: str) -> str:
    digest = value.lower().removeprefix("sha256:").replace(":", "")
    if not _SHA256.fullmatch(digest):
        raise ValueError("write the SHA-256 of the signer's certificate or public key: 64 hex digits")
    return digest


def _source(value: str) -> str:
    if value.startswith("/") and "\0" not in value:
        return value
    try:
        url = urlsplit(value)
        good = url.scheme == "https" and url.hostname and url.port != 0 and not url.username
    except ValueError:
        good = False
    if not good or url.fragment or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError('write an absolute path, or an address that begins with "https://"')
    return value


_SHA256 = re.compile(r"[0-9a-f]{64}")

Pin = Annotated[str, AfterValidator(_pin), Field(description="SHA-256, 64 hex digits")]
Source = Annotated[
    str,
    AfterValidator(_source),
    Field(description='absolute path, or an address that begins with "https://"'),
]


class WhenShrunk(StrEnum):
    """What becomes of a list in which too many domains lose their certificates."""

    REFUSE = "refuse"  # the new list is not taken
    ALERT = "alert"  # it is taken, with a warning in the log


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelList:
    """``[[tunnel_list]]``: one list. Of several, the first that has a usable certificate for a domain wins;
    the files of ``delivery.certificates`` beat them all."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # For commands, log and metrics; also the folder of the accepted copies. A new publisher is a new name.
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    # Where it comes from: "https://…", or the absolute path of a file or directory.
    source: Annotated[Source, Masked(without_password)]
    # How it is written.
    format: ListFormat = ListFormat.SEGL
    # Who may sign it: SHA-256 of certificate or public key (SPKI), as `segl tunnel publish` shows them. Give
    # two while the signer changes its key.
    signers: tuple[Pin, ...] = ()
    # The part of its domains that may lose their certificates from one list to the next.
    most_removed: Annotated[float, Field(ge=0, le=1)] = 0.1
    # What happens when more lose them.
    when_shrunk: WhenShrunk = WhenShrunk.REFUSE
    # How large it may be.
    max_bytes: Annotated[int, Field(ge=1, le=256 * 1024 * 1024)] = 16 * 1024 * 1024
    # How many domains it may name.
    max_domains: Annotated[int, Field(ge=1, le=1_000_000)] = 50_000
    # How many days an accepted list is still used after its end, with an alarm. Then its domains take the
    # next way.
    grace_days: Annotated[int, Field(ge=0, le=365)] = 7
    # Accepted copies kept for `segl tunnel rollback`.
    keep: Annotated[int, Field(ge=2, le=1000)] = 10
    # For https: certificates that the server must chain to; empty: the system's.
    ca_file: Path | None = None
    # How long fetching it may take.
    seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0

    @property
    def url(self) -> bool:
        """Whether it is fetched over the net."""
        return self.source.startswith("https:")
