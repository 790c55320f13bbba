"""What the settings say of whole domains: which are own, and with how little proof TLS is taken for others."""

from __future__ import annotations

from collections.abc import Iterator

from segl.postfix.check import Check, State, judge
from segl.settings.cautions import domain_cautions, pin_cautions
from segl.settings.document import Settings
from segl.vocabulary import Proof

_SHOWN = 10


def domain_checks(settings: Settings) -> Iterator[Check]:
    """The checks `domains.own` and `domains.weak`; the latter not where no name for TLS is written down."""
    open_ = list(domain_cautions(settings))
    yield judge(
        "domains.own",
        not open_,
        "; ".join(one.problem for one in open_) or "no own domain is one that others are under, too",
        why="what is own is plain without being read, and leaves as any mail does",
        fix="name domains of your own, one by one",
        bad=State.WARN,
    )
    if not settings.domain and not settings.portal.relay.match:
        return
    weak = list(pin_cautions(settings))
    yield judge(
        "domains.weak",
        not weak,
        "; ".join(f"{one.where}: {one.problem}" for one in weak) or _with_any_certificate(settings),
        why="whoever sits on the line can have such a certificate, and read along",
        fix="name the domains that are meant, and the names that their servers' certificates carry",
        bad=State.WARN,
    )


def _with_any_certificate(settings: Settings) -> str:
    """The postmaster said so for each of them: what he may want to look through."""
    names = [pin.name for pin in settings.domain if pin.least is Proof.ENCRYPT]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    if not names:
        return "each [[domain]] asks for a certificate, or for no TLS"
    return f"any certificate will do for {', '.join(names[:_SHOWN])}{more}"
