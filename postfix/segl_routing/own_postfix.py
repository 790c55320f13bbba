"""What our own Postfix is and is called: segl-map looks at mail hosts with its eyes, and answers in words it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.errors import PostfixError
from segl.postfix.carried import outgoing
from segl.postfix.running import read_instance, run_postfix, version_of
from segl.settings import Settings

# RELEASE_NOTES 3.10, TLSRPT: the attributes of a policy that tell of MTA-STS. Older ones take an answer with them for a
# fault of ours, and the mail waits.
_KNOWS_STS: Final = (3, 10)


@dataclass(frozen=True, slots=True)
class OwnPostfix:
    """``name``: what it answers to EHLO; ``helo``: what it says in EHLO; both empty where it could not be asked."""

    version: tuple[int, int] = (0, 0)
    name: str = ""
    helo: str = ""

    @property
    def knows_sts(self) -> bool:
        """Whether a TLS policy may tell it of the MTA-STS policy that it rests on."""
        return self.version >= _KNOWS_STS


def own_postfix(settings: Settings) -> OwnPostfix:
    """By the front, after which the secure instance is made; nothing is known of one that cannot be read."""
    try:
        version = version_of(run_postfix(["postconf", "-dh", "mail_version"]).stdout)
    except PostfixError:
        return OwnPostfix()
    try:
        front = read_instance(settings.postfix.front)
    except PostfixError:
        return OwnPostfix(version)
    return OwnPostfix(version, front.value("myhostname"), outgoing(front, "smtp_helo_name"))
