"""``[portal.storage]``: sealed messages in an S3-compatible store, which several nodes share.

Hangs below ``[portal]`` (:mod:`segl.settings.portal`). Without a bucket they are files under `portal.sealed`, on this
host's disk or on one that all nodes mount (docs/scaling.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.values import FORBID, Seconds

_ENDPOINT: Final = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+)(:[0-9]{1,5})?/?")


def _endpoint(value: str) -> str:
    if value and not _ENDPOINT.fullmatch(value):
        raise ValueError('write scheme, host and port alone, "https://s3.nordby.dk:9000"')
    return value.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_endpoint)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """``[portal.storage]``: where sealed messages lie when `portal.sealed` is not to hold them. Needs the extra ``s3``
    (``pip install '.[s3]'`` in a clone; the Debian package has it). What lies there is encrypted; its keys never do."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Empty: files under `portal.sealed`.
    bucket: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    # The service's address; empty: Amazon's own for `region`.
    endpoint: Endpoint = ""
    # As the service names it; it is part of the signature. Most but Amazon take the default.
    region: Annotated[str, Field(pattern=r"^[0-9a-z-]{1,32}$")] = "us-east-1"
    # What the names of our objects begin with; nobody else may use it.
    prefix: Annotated[str, Field(pattern=r"^([0-9A-Za-z_-][0-9A-Za-z_./-]{0,198}/)?$")] = "sealed/"
    # "https://host/bucket/…", as most services but Amazon's want it; false: "https://bucket.host/…".
    path_style: bool = True
    # A file of two lines, access key and secret key. Without a word here: the systemd credential "segl-storage", else
    # AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.
    credentials: Path | None = None
    # Authorities for its certificate, beside the system's.
    ca_file: Path | None = None
    # For one request, of at most 8 MB, with its tries; a message that takes longer waits in Postfix's queue.
    seconds: Seconds = 30.0

    @property
    def used(self) -> bool:
        return bool(self.bucket)

    @property
    def name(self) -> str:
        """How log and commands call it."""
        return f"s3://{self.bucket}/{self.prefix}"
