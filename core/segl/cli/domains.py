"""``segl domains``: the recipient domains mailed to, by which ways, and what would spare them the portal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.output import minute
from segl.counted import counted
from segl.language import Language
from segl.places import DEFAULT_FILE
from segl.vocabulary import Way

if TYPE_CHECKING:
    from segl_routing.postmaster.domains import DomainReport, Reports


_WAYS = (Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL)


def domains(
    portal: Annotated[
        bool,
        typer.Option("--portal", help="Only what goes to the portal: why, and the mail to its postmaster."),
    ] = False,
    draft: Annotated[
        str,
        typer.Option("--draft", metavar="DOMAIN", help="Print the ready mail to this domain's postmaster."),
    ] = "",
    language: Annotated[
        Language | None, typer.Option("--language", help="Of the mail (default: the organisation's).")
    ] = None,
    organisation: Annotated[
        str, typer.Option("--organisation", metavar="NAME", help="Only what this organisation's people sent.")
    ] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="Count so many days, today too.")] = 30,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many domains.")] = 50,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List the recipient domains mailed to, those with most recipients first.

    The way and the proof are those of now, by what segl-map found out last; nothing is looked up. The recipients
    are those of the receipts' records: each once a message, by the way that took his copy.

    Exit code: 0, 1 when there is no mail to draft, 2 bad settings or no store.
    """
    from segl.cli.organisation import named_owner
    from segl.cli.output import fail_of, say, say_json
    from segl.cli.trusted import trusted_settings
    from segl.errors import SeglError
    from segl.events import Events, configure_log
    from segl_routing.postmaster.domains import domains_of

    configure_log("console", "error")
    try:
        loaded = trusted_settings(settings)
        owner = named_owner(loaded, organisation)
        found = domains_of(loaded, Events("segl-domains"), days=days, now=time.time(), owner=owner)
        spoken = language or (owner or loaded.owners.first).language
        if draft:
            say(_draft(draft, found, (owner or loaded.owners.first).name, spoken, days))
            return
        wanted = [one for one in found.traffic if not portal or one.recipients.get(Way.PORTAL)]
        shown = found.reported(wanted[:limit])
    except SeglError as error:
        fail_of(error)
    if as_json:
        for one in shown:
            say_json(one.as_dict())
        return
    _summary(found, days)
    if portal:
        for one in shown:
            _explain(one, (owner or loaded.owners.first).name, spoken)
    else:
        _table(shown)
    if len(wanted) > limit:
        say(f"{len(wanted) - limit} more: --limit {len(wanted)}")


def _draft(name: str, found: Reports, house: str, language: Language, days: int) -> str:
    from segl.addresses import normal_domain
    from segl.cli.output import Exit, fail

    try:
        domain = normal_domain(name)
    except ValueError:
        fail(f"{name!r} is no domain name")
    traffic = next((one for one in found.traffic if one.domain == domain), None)
    if traffic is None:
        fail(
            f"no secure mail to {domain} in {days} days",
            "segl domains lists the domains mailed to",
            Exit.FAILED,
        )
    [report] = found.reported([traffic])
    if not report.repairs:
        way = report.way or "undecided"
        hint = "segl route tells how it stands now" if report.facts is None else ""
        fail(f"nothing to ask of {domain}: {way}, {report.reason}", hint, Exit.FAILED)
    return _mail(report, house, language)


def _mail(report: DomainReport, house: str, language: Language) -> str:
    from segl_routing.postmaster.draft import draft

    return draft(report.domain, report.repairs, house, report.found_at, language)


def _summary(found: Reports, days: int) -> None:
    from segl.cli.output import say

    share = found.by_portal / found.recipients if found.recipients else 0.0
    span = "today" if days == 1 else f"in {days} days"
    many = f"{counted(found.recipients, 'recipient')} at {counted(len(found.traffic), 'domain')}"
    say(f"{many} {span}, {share:.0%} by the portal")


def _table(shown: Sequence[DomainReport]) -> None:
    from segl.cli.output import columns, paint, say

    if not shown:
        return
    head = ("domain", "now", "proof", "last success", "all", *_WAYS, "failed", "portal share")
    rows = [
        (
            one.domain,
            one.way or "?",
            one.proof or "-",
            _last(one),
            str(one.traffic.total),
            *(str(one.traffic.recipients.get(way, 0)) for way in _WAYS),
            str(one.traffic.failed),
            f"{one.traffic.portal_share:.0%}",
        )
        for one in shown
    ]
    first, *lines = columns([head, *rows])
    say(paint(first, bold=True))
    for line, one in zip(lines, shown, strict=True):
        say(paint(line, "magenta" if one.way is None else "yellow" if one.way is Way.PORTAL else "green"))


def _explain(one: DomainReport, house: str, language: Language) -> None:
    from segl.cli.output import paint, printable, say

    part = f"{one.traffic.recipients.get(Way.PORTAL, 0)} of {counted(one.traffic.total, 'recipient')} by the portal"
    say()
    say(f"{paint(one.domain, bold=True)}  {part}; now {one.way or 'undecided'}: {printable(one.reason)}")
    for repair in one.repairs:
        say(f"  {repair.repair:<14} {printable(repair.found)}")
    if one.repairs:
        say()
        for line in _mail(one, house, language).splitlines():
            say(f"  | {line}".rstrip())


def _last(one: DomainReport) -> str:
    if one.last is None:
        return "-"
    way, at = one.last
    return f"{minute(at)} {way}"
