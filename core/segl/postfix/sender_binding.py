"""Whether a client of an smtpd can write another's address as sender (postconf(5), SMTPD_ACCESS_README).

Postfix goes through each list of restrictions from left to right, and the first word that decides ends that list:
behind one that permits, nothing in it is asked any more. So ``permit_sasl_authenticated,
reject_authenticated_sender_login_mismatch`` binds nobody. A table may permit as well (``OK``), and what stands in it is
not read here: what comes after one may never be reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from segl.postfix.running import Instance, Service, split_list

_EARLY: Final = ("client", "helo")  # before the sender is known, unless Postfix waits (smtpd_delay_reject)
_STAGES: Final = ("sender", "relay", "recipient", "data", "end_of_data")
_BINDS: Final = ("reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch")
_ONLY_WARNS: Final = "warn_if_reject"
# May end a list with "permitted". reject_* never do, nor does defer_if_*; "permit_" includes what permits a few.
_PERMITS: Final = ("permit", "check_")
_DEEPEST: Final = 8  # classes within classes


@dataclass(frozen=True, slots=True)
class Binding:
    """Whether senders are bound to logins; if only behind a word that may permit, *permits* is that word."""

    bound: bool
    permits: str = ""

    def __bool__(self) -> bool:
        return self.bound


def binding(instance: Instance, service: Service) -> Binding:
    """What *service* makes of a client that has logged in and writes another's address. One list that binds will do:
    a message must pass all of them."""
    stages = (*_EARLY, *_STAGES) if instance.value("smtpd_delay_reject", service) != "no" else _STAGES
    behind = ""
    for stage in stages:
        permits, warns = "", False
        for word in _words(instance, service, f"smtpd_{stage}_restrictions"):
            if word in _BINDS and not warns:
                if not permits:
                    return Binding(bound=True)
                behind = behind or permits
            elif word.startswith(_PERMITS):
                permits = permits or word
            warns = word == _ONLY_WARNS
    return Binding(bound=False, permits=behind)


def near_clients(instance: Instance, service: Service) -> Iterator[str]:
    """The networks of ``mynetworks`` besides this host's own loopback, if *service* lets them send without login. They
    are bound where senders who do not log in are refused own addresses."""
    words = [
        word
        for stage in (*_EARLY, *_STAGES)
        for word in _words(instance, service, f"smtpd_{stage}_restrictions")
    ]
    if "permit_mynetworks" in words and not _refuses_strangers(words):
        yield from (net for net in split_list(instance.value("mynetworks", service)) if not _is_loopback(net))


def _refuses_strangers(words: list[str]) -> bool:
    before = words[: words.index("permit_mynetworks")]
    return any(
        word in before
        for word in ("reject_sender_login_mismatch", "reject_unauthenticated_sender_login_mismatch")
    )


def _words(instance: Instance, service: Service, name: str, depth: int = 0) -> Iterator[str]:
    """The words of a list, those of restriction classes in their place."""
    classes = split_list(instance.value("smtpd_restriction_classes", service))
    for word in split_list(instance.value(name, service)):
        if word in classes and depth < _DEEPEST:
            yield from _words(instance, service, word, depth + 1)
        else:
            yield word.lower()


def _is_loopback(net: str) -> bool:
    try:
        return ip_network(net.replace("[", "").replace("]", ""), strict=False).is_loopback
    except ValueError:  # a table, or a host's name
        return False
