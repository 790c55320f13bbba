"""``segl route ADDRESS…``: by which way each recipient would get a message now, and why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.places import DEFAULT_FILE
from segl.vocabulary import Known, Proof

if TYPE_CHECKING:
    from segl.events import Events
    from segl.settings.document import Settings
    from segl_routing.ask import Told
    from segl_routing.proofs.facts import KeptEvidence

EXIT_REFUSED = 20
EXIT_UNDECIDED = 21


def route(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Mail addresses.")],
    as_json: JsonLines = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Look up anew what segl-map knows.")] = False,
    least: Annotated[
        Proof | None, typer.Option("--least", help="As for a message that demands this of TLS.")
    ] = None,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show by which way each ADDRESS would get a secure message now, and why.

    Tells what segl-map would: own domain, pin, tunnel, the recipient's certificate, forced TLS, portal; each
    way with the reason why it is taken or not, and each proof of TLS with what was found, when, and how long it
    holds. A domain that segl-map does not know is looked up: DNS, MTA-STS, and a short talk with its mail
    hosts. A domain that is marked, because forced TLS to it failed at delivery, is shown with its mark;
    --refresh does not end that.

    Exit code: 0 each has a way, 20 one can get no mail at all, 21 one cannot be decided now, 2 bad settings.
    """
    import asyncio

    from segl.cli.output import fail_of, say, say_json
    from segl.cli.trusted import trusted_settings
    from segl.errors import SeglError
    from segl.events import configure_log
    from segl_routing.ask import routes_of

    configure_log("console", "error")
    try:
        loaded = trusted_settings(settings)
        told = asyncio.run(
            routes_of(addresses, loaded, settings, _complaints(), least=least, refresh=refresh)
        )
    except SeglError as error:
        fail_of(error)
    for one in told:
        if as_json:
            say_json(one.as_dict())
        else:
            say(_as_text(one))
    code = _exit_code(told)
    if code == EXIT_UNDECIDED:
        _tell_of_resolvers(loaded)
    raise typer.Exit(code)


def _complaints() -> Events:
    """What segl-map tells its log of a store that cannot be read, told to a person: what it has learnt is left out."""
    from segl.cli.output import complain
    from segl.errors import SeglError
    from segl.events import Events

    class Complaints(Events):
        def failed(self, where: str, error: BaseException) -> None:
            if not isinstance(error, SeglError):
                super().failed(where, error)
                return
            complain(f"what segl-map has learnt is left out: {error.private}", error.hint)

    return Complaints("segl-route")


def _tell_of_resolvers(settings: Settings) -> None:
    """Where none answers, that is why, whatever domain was asked about."""
    from segl.cli.output import complain
    from segl.resolvers import hint_of, resolvers, silent, told_of

    servers = resolvers(settings.routing.nameservers)
    dead = silent(servers)
    if len(dead) == len(servers):
        complain(told_of(servers, dead), hint_of(dead[0]) if dead else "name one in /etc/resolv.conf")


def _as_text(told: Told) -> str:
    """A block for people: the way first, then every way that was considered."""
    facts = told.outcome.as_dict()
    way = facts["way"] or ("refused" if facts.get("refused") else "undecided")
    lines = [f"{_printable(facts['recipient'])} → {way}", _row("why", facts["reason"])]
    if facts["transport"]:
        lines.append(_row("Postfix", facts["transport"]))
    for step in facts["steps"]:
        name, _, why = step.partition(": ")
        lines.append(_row(name, why))
    if told.policy:
        lines.append(_row("policy", told.policy))
    if told.holder:
        lines.append(_row("holder", _printable(told.holder)))
    if told.mark is not None:
        left = _span(told.mark.until - time.time())
        lines.append(_row("marked", f"no TLS for {left} more, then until a check finds a proof again"))
    if told.facts is not None:
        left = _span(told.facts.expires_at - time.time())
        lines.append(_row("checked", f"{_ago(told.facts.checked_at)}, holds for {left}"))
        lines += [f"    {_proof_as_text(held)}" for held in told.facts.evidence]
    return "\n".join(lines)


def _row(name: str, what: str) -> str:
    """As wide as the longest name of a way, ``certificate``."""
    return f"  {name:<11} {what}"


def _proof_as_text(held: KeptEvidence) -> str:
    """One proof a line: its answer, why, of when and for how long."""
    answer = "fails" if held.bars and held.known is Known.NO else held.known.value
    when = f"{_ago(held.checked_at)}, holds for {_span(held.ends - time.time())}"
    if held.unknown_since is not None:
        when = f"{_ago(held.checked_at)}, not known for {_span(time.time() - held.unknown_since)}"
    barring = "; nothing weaker is taken meanwhile" if held.bars and held.known is Known.UNKNOWN else ""
    return f"{held.proof:<8} {answer:<8} {_printable(held.reason)}{barring} ({when})"


def _exit_code(told: list[Told]) -> int:
    outcomes = [one.outcome.as_dict() for one in told]
    if any(outcome.get("undecided") for outcome in outcomes):
        return EXIT_UNDECIDED
    return EXIT_REFUSED if any(outcome.get("refused") for outcome in outcomes) else 0


def _ago(moment: float) -> str:
    seconds = time.time() - moment
    return "now" if seconds < 10 else f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{max(0.0, seconds):.0f} seconds"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
