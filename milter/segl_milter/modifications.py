"""The header and envelope edits that Postfix is asked for once a message is decided on.

Pure: a :class:`Mail` and a decision in, :class:`Modifications` out; :mod:`segl_milter.session` sends them to
Postfix. The message gets nothing about categories or findings, except the reasons of one that is put on hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from segl import headers
from segl.demand_tag import DEMANDS
from segl.errors import SmtpReply
from segl.mail.paths import is_taken
from segl.vocabulary import Decision, Proof
from segl.wishes import Wishes, to_fields
from segl_milter import refusals
from segl_milter.disposition import Disposition
from segl_milter.dsn import parameter, sender_parameters
from segl_milter.transaction import Mail

# For each field that comes off, cleanup(8) reads the header anew: 1,000 of them cost it .03 s, 10,000 3.1, and 1,000
# in a header of 50,000 lines 2 (processor time, Postfix 3.10); at 20,000 it panics. It does so after the milter's
# answer, when no time-out ends it. What is counted is lines read, some 40 ns each.
_MOST_LINES_READ = 10_000_000
BORROWED = "not-ours"  # in reports, in place of an envelope id of ours that a client names


@dataclass(frozen=True, slots=True)
class Modifications:
    """The edits, in the order in which they are made. Recipients stay as they came (decision 0002).

    ``subjects``    (number, text): a subject that is written anew; before any field is removed.
    ``remove``      (name, number) of header fields, such that removing one leaves the others' numbers.
    ``sender``      (address, ESMTP parameters), ``None`` when it stays as it is.
    ``hold``        why Postfix shall put the message on hold; empty when not.
    ``add``         (name, value) of header fields; the route last, so that no fault before it can
                    leave a message marked plain; behind it only what makes that stricter.
    ``refusal``     the reply that refuses the message; then nothing else is set.
    """

    subjects: tuple[tuple[int, str], ...] = ()
    remove: tuple[tuple[str, int], ...] = ()
    sender: tuple[str, str] | None = None
    hold: str = ""
    add: tuple[tuple[str, str], ...] = ()
    refusal: SmtpReply | None = None


def costs_too_much(mail: Mail) -> bool:
    """Whether taking off what *mail* forges would keep Postfix busy for seconds. It cannot go on with it, and no
    program writes such a message for people."""
    return bool(mail.more_steering) or len(mail.steering) * mail.header_lines > _MOST_LINES_READ


def modifications_for(mail: Mail, disposition: Disposition) -> Modifications:
    """The modifications of *mail* by its *disposition*."""
    action, subjects = disposition.action, disposition.subjects
    if action is Decision.REJECT:
        return Modifications(refusal=refusals.BY_RULES)
    remove = tuple(reversed(mail.steering))
    if action is Decision.PLAIN:
        route = (headers.ROUTE, Decision.PLAIN.value)
        sender = _reported(mail, disposition)
        # Behind the route: of several FILTERs the last counts.
        unread = ((headers.UNREAD, "yes"),) if disposition.unread else ()
        add = (*_opening(disposition.opened), route, *unread)
        return Modifications(subjects=subjects, remove=remove, sender=sender, add=add)
    if not is_taken(mail.sender.bare):
        return Modifications(refusal=refusals.UNREPORTABLE)
    if (wishes := disposition.wishes) is not None:
        subjects = ((1, wishes.subject), *(one for one in subjects if one[0] != 1))
    return Modifications(
        subjects=subjects,
        remove=remove,
        sender=_sender(mail, disposition.segl_id),
        hold=f"segl: {', '.join(disposition.verdict.reasons)}" if action is Decision.HOLD else "",
        add=(
            *_identity(mail, disposition.segl_id),
            *_facts(mail, disposition.facts),
            *_link(disposition.link_seed),
            *_wishes(wishes),
            *_held(disposition),
            *_demand(disposition.least),
            *_opening(disposition.opened),
            (headers.ROUTE, Decision.SECURE.value),
        ),
    )


def _sender(mail: Mail, segl_id: str) -> tuple[str, str] | None:
    """Whatever bytes it is written in: Postfix sends the whole message back in clear where it is not told otherwise.
    Reports to the null sender go nowhere (RFC 5321 section 4.5.5)."""
    if not mail.sender.bare:
        return None
    return mail.sender.given, sender_parameters(segl_id)


def _reported(mail: Mail, disposition: Disposition) -> tuple[str, str] | None:
    """How a plain message is reported of, where not as its client wishes.

    A partner whose server speaks DSN is told the envelope id of what he gets. Under that id he, or who forwards his
    mail, could hand in another message, and what becomes of that would be reported as if it were ours. And what was not
    read must not come back whole to a sender whose address leads outside."""
    if not mail.sender.bare or not (disposition.borrowed or disposition.unreturned):
        return None
    full = parameter("RET", mail.sender.parameters).upper() == "FULL" and not disposition.unreturned
    name = BORROWED if disposition.borrowed else _own_id(mail)
    return mail.sender.given, f"RET={'FULL' if full else 'HDRS'}" + (f" ENVID={name}" if name else "")


def _identity(mail: Mail, segl_id: str) -> tuple[tuple[str, str], ...]:
    """Our id, and the client's own ENVID, whose place in the envelope it takes."""
    own = _own_id(mail)
    return ((headers.ID, segl_id), *(((headers.ENVELOPE_ID, own),) if own else ()))


def _own_id(mail: Mail) -> str:
    """The client's own ENVID; ``""`` for none, and for one that cannot be written again."""
    own = parameter("ENVID", mail.sender.parameters)
    return own if own.isascii() and own.isprintable() else ""


def _facts(mail: Mail, facts: str) -> tuple[tuple[str, str], ...]:
    """Of a message from nobody nothing is reported."""
    return ((headers.FACTS, facts),) if facts and mail.sender.bare else ()


def _link(seed: str) -> tuple[tuple[str, str], ...]:
    return ((headers.LINK, seed),) if seed else ()


def _demand(least: Proof) -> tuple[tuple[str, str], ...]:
    """What sends the message to the entrance of its demand (:mod:`segl.demand_tag`)."""
    return ((headers.LEAST, least.value),) if least in DEMANDS else ()


def _wishes(wishes: Wishes | None) -> tuple[tuple[str, str], ...]:
    if wishes is None:
        return ()
    return tuple((headers.WISHES, value) for value in to_fields(wishes))


def _held(disposition: Disposition) -> tuple[tuple[str, str], ...]:
    """For those who release it: they see the message where it waits, and it is taken off on the way out."""
    return (
        ((headers.HELD, ", ".join(disposition.verdict.reasons)),)
        if disposition.action is Decision.HOLD
        else ()
    )


def _opening(opened: bool) -> tuple[tuple[str, str], ...]:
    return ((headers.OPEN, "yes"),) if opened else ()
