"""Links of ours as mail programs and gateways leave them: with ``#`` written as ``%23``, so that the secret comes to
the server as a part of the path; with a bracket, a dot or a slash behind the id; with the id in capitals.

A browser takes what stands behind ``#`` along to where it is sent on (RFC 9110 §10.2.2), and it stays secret; what came
in the path stands in the web server's access log already, and is put where the page looks for it.
"""

from __future__ import annotations

import re
from typing import Final

from segl.sealed.keys import SECRET_LENGTH
from segl_portal.forms import secret_in

_LINK: Final = re.compile(
    r"(/m/|/r/|/f/)([0-9A-Fa-f]{32}|[0-9A-Fa-f]{64})(/?(?:[^0-9A-Za-z/].*)?)", re.DOTALL
)


def straight(path: str) -> str | None:
    """The address of ours that *path*, below the portal's own and decoded, was meant to be, with the link's secret when
    it came along; ``None`` when it is none of these, or straight already."""
    found = _LINK.fullmatch(path)
    if found is None:
        return None
    kind, name, rest = found.groups()
    secret = secret_in(rest) if "#" in rest or "%23" in rest else ""
    meant = f"{kind}{name.lower()}" + (f"#{secret}" if len(secret) == SECRET_LENGTH else "")
    return meant if rest or meant != path else None
