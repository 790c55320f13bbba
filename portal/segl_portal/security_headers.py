"""The header fields that tell a browser what it may do with an answer of ours: as little as the page needs.

* ``Content-Security-Policy`` (CSP level 3): nothing is loaded but our own files from their own folders; no script or
  style stands in a page; nobody frames us but ourselves, and of our pages only the message's text may be framed.
* ``Strict-Transport-Security`` (RFC 6797), ``Referrer-Policy: no-referrer`` (an id in a ``Referer`` would tell which
  message somebody reads), ``Cache-Control: no-store`` (RFC 9111: on a shared computer nothing stays),
  ``X-Content-Type-Options: nosniff``, and the policies that keep other windows apart (COOP, CORP).

The message's text is written by a stranger. It is sanitised, and shown in a frame whose policy would stop what the
sanitiser missed (:data:`segl_portal.reading.frame.POLICY`): no script, no form, no font, no connection, no pictures
from elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from segl_portal.reading import frame

_OFF: Final = (
    "accelerometer", "autoplay", "bluetooth", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection",
    "local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "usb", "web-share",
    "xr-spatial-tracking",
)  # fmt: skip
_PERMISSIONS: Final = ", ".join(f"{name}=()" for name in _OFF)
YEAR: Final = 31_536_000


class Kind(Enum):
    """What an answer is."""

    PAGE = "page"  # a page of ours, errors included
    MESSAGE_BODY = "message body"  # the stranger's HTML, sanitised, for the frame
    PICTURE = "picture"  # bytes of the message, or made from them, shown as a picture
    FILE = "file"  # bytes of the message, to be saved
    STATIC = "static"  # our style sheet, script, logos


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """For one address: ``base`` is the portal's URL with a slash at its end."""

    base: str

    def of(self, kind: Kind) -> Mapping[str, str]:
        headers = {
            "Content-Security-Policy": self._policy(kind),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": _PERMISSIONS,
            "X-Robots-Tag": "noindex, nofollow, noarchive",
            "X-Frame-Options": "SAMEORIGIN" if kind is Kind.MESSAGE_BODY else "DENY",
            "Cache-Control": f"public, max-age={YEAR}, immutable" if kind is Kind.STATIC else "no-store",
        }
        if urlsplit(self.base).scheme == "https":
            headers["Strict-Transport-Security"] = f"max-age={YEAR}; includeSubDomains"
        return headers

    def _policy(self, kind: Kind) -> str:
        base = self.base
        match kind:
            case Kind.PAGE:
                return (
                    f"default-src 'none'; script-src {base}static/; style-src {base}static/; "
                    f"img-src {base}static/ {base}m/; connect-src {base}m/; frame-src {base}m/; form-action {base}; "
                    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
                )
            case Kind.MESSAGE_BODY:
                return frame.POLICY
            case _:
                return (
                    "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox"
                )
