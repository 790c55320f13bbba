"""From a delivery report to news of each recipient: the way it took, what can be proven of it, what was said.

The way is told by who took the copy. Our own agents answer over LMTP on this host, so the remote host of their results
is the reporting host itself, and their reply begins with the way. A reply from anywhere else is not believed about
ways, whatever it says. What another encryption service took (``[portal.relay]``) is known by that service's host.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from segl.addresses import domain_of
from segl.mail.compose import one_line
from segl.masking import mask_digits
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.vocabulary import Way
from segl_delivery.receipts.report import RecipientResult, Report

SECURE_NAME: Final = "segl-secure."  # how the secure instance's name begins (postfix/conf/secure.main.cf)
_LONGEST_DETAIL: Final = 255
_LONGEST_ADDRESS: Final = 512
_OF_AGENT: Final = re.compile(r"(?:\d{3} )?(?:\d\.\d+\.\d+ )?(tunnel|certificate|portal): (.*)")
_CODES: Final = re.compile(r"\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?")
_SEALED_AS: Final = re.compile(r"sealed as ([0-9a-f]{32})")
_STATES: Final = {
    "failed": State.FAILED,
    "delayed": State.DELAYED,
    "delivered": State.SENT,
    "relayed": State.SENT,
}


def is_of_secure(report: Report) -> bool:
    """Whether the secure instance wrote it: bounce(8) puts its own name into the part it writes."""
    return report.reporter.startswith(SECURE_NAME)


def heard_of(
    report: Report, sender: str, facts: Facts | None, is_own: Callable[[str], bool], relay: str = ""
) -> Heard:
    """What *report*, which went to *sender*, says. *is_own* tells own recipients, *relay* is the host of another
    encryption service."""
    stage = stage_of(report)
    every = (
        _news(result, report, stage, is_own, relay) for result in report.results if result.action in _STATES
    )
    # Behind the return port nobody asks for success outside the house: such a word is of a copy that a colleague sends
    # on, or of none of ours.
    outside = (None, Stage.FRONT, State.SENT)
    news = tuple(one for one in every if (one.way, one.stage, one.state) != outside)
    return Heard(
        id=report.envelope_id,
        sender=sender[:_LONGEST_ADDRESS],
        message_id=report.message_id[:_LONGEST_ADDRESS],
        arrival=report.arrival or report.at,
        facts=facts,
        news=news,
    )


def first_news(report: Report, is_own: Callable[[str], bool], relay: str = "") -> News | None:
    """What *report* says of its first recipient, with nothing held back."""
    result = report.results[0]
    return _news(result, report, stage_of(report), is_own, relay) if result.action in _STATES else None


def is_of_host(recipient: str, report: Report) -> bool:
    """Whether *recipient* is a user of the host that wrote *report*: aliases may stand for such, and the settings do
    not name that host (:mod:`segl_routing.own_postfix`)."""
    return domain_of(recipient) in ("localhost", report.reporter.removeprefix(SECURE_NAME))


def stage_of(report: Report) -> Stage:
    return Stage.SECURE if is_of_secure(report) else Stage.FRONT


def _news(
    result: RecipientResult, report: Report, stage: Stage, is_own: Callable[[str], bool], relay: str
) -> News:
    state = _STATES[result.action]
    way, said = _way(result, report, stage, is_own, relay)
    sealed = _SEALED_AS.search(said) if way is Way.PORTAL else None
    if way is Way.PORTAL and state is State.SENT and result.remote == report.reporter:
        state = State.SEALED
    agent = way in (Way.TUNNEL, Way.CERTIFICATE)
    original = result.original
    if stage is Stage.FRONT and way is Way.INTERNAL and not is_own(original):
        original = result.recipient  # a colleague speaks for nobody outside
    return News(
        recipient=result.recipient[:_LONGEST_ADDRESS],
        original=original[:_LONGEST_ADDRESS],
        stage=stage,
        state=state,
        at=report.at or report.arrival,
        way=way,
        status=result.status,
        detail="" if agent or sealed else _detail(result.said),
        host=one_line(result.remote)[:_LONGEST_DETAIL] if _is_outside(result, report, stage, way) else "",
        queue_id=report.queue_id[:32],
        evidence=said[:_LONGEST_DETAIL] if agent and state is State.SENT else "",
        sealed_id=sealed[1] if sealed else "",
        retry_until=result.retry_until,
    )


def _detail(said: str) -> str:
    """The other side's words without the codes before them; they may quote anything."""
    return mask_digits(_CODES.sub("", one_line(said), count=1))[:_LONGEST_DETAIL]


def _is_outside(result: RecipientResult, report: Report, stage: Stage, way: Way | None) -> bool:
    """Whether a server other than ours answered: not an agent here, nor the front to whom the secure instance hands
    mail to colleagues, nor Postfix itself (which then names no remote server)."""
    inside = stage is Stage.SECURE and way is Way.INTERNAL
    return bool(result.remote) and result.remote != report.reporter and not inside


def _way(
    result: RecipientResult, report: Report, stage: Stage, is_own: Callable[[str], bool], relay: str
) -> tuple[Way | None, str]:
    """The way, and what an agent of ours said of it."""
    by_agent = stage is Stage.SECURE and result.remote == report.reporter
    if is_own(result.recipient) or (is_of_host(result.recipient, report) and not by_agent):
        return Way.INTERNAL, ""
    if stage is Stage.FRONT or not result.remote:
        return None, ""
    if relay and result.remote.strip("[]").lower() == relay:
        return Way.PORTAL, ""
    if result.remote != report.reporter:
        return Way.TLS, ""
    found = _OF_AGENT.match(one_line(result.said))
    return (Way(found[1]), found[2]) if found else (None, "")
