"""What ``segl install`` does and says: the plan shown and carried out, or the last run taken back."""

from __future__ import annotations

import grp
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from difflib import unified_diff
from pathlib import Path

import typer

from segl.cli.asked import POSTFIX_SECONDS, SECONDS
from segl.cli.output import complain, paint, printable, say
from segl.errors import PostfixError
from segl.postfix import backup as backups
from segl.postfix import install as carry_out
from segl.postfix import sockets
from segl.postfix.backup import Backup
from segl.postfix.bound import Bound, left_behind
from segl.postfix.check_instances import debian_unit
from segl.postfix.check_running import is_running
from segl.postfix.gateway import UNDECIDED, advice, not_taken, role_of
from segl.postfix.install import Undone
from segl.postfix.plan import FileChange, Plan, make_plan
from segl.postfix.refusals import Refusal
from segl.postfix.role import Role
from segl.postfix.running import Instance, read_instance
from segl.postfix.shared_networks import unguarded
from segl.postfix.tables import TableUnread
from segl.receipts.key import ReceiptKey
from segl.resolvers import hint_of, resolvers, silent, told_of
from segl.settings.document import Settings

_NOT_DONE = """\
What this does not do: it starts nothing, opens no port to other hosts, makes no certificate, no user and no
DNS entry, and touches no file but those above."""

_MOST_NAMED = 50
_AT_ONCE = """\
Postfix runs, and its new processes read the new main.cf at once: until Segl and the secure instance run and
Postfix is reloaded, mail is answered 451 or waits in the queue."""

_STRANDED = """\
`segl install` again is the safe way: then it goes as it should have. `postsuper -r ID` sends it in clear, also what was
found sensitive or is on hold. `postsuper -h ID` keeps it."""


def alone(settings: Settings) -> AbstractContextManager[None]:
    """While no other run changes this Postfix."""
    return carry_out.locked(settings.postfix.front)


def must_be(wanted: Role | None, settings: Settings) -> None:
    """Gateway or beside: by what the settings and Postfix say, not by guessing."""
    front = read_instance(settings.postfix.front)
    found = role_of(settings, front)
    domains = settings.organisation.domains
    if found is Role.UNKNOWN and wanted in (None, Role.UNKNOWN):
        _name_newcomers(settings, front)
        say(UNDECIDED.format(domains=", ".join(domains), first=domains[0]))
        raise PostfixError(
            "it does not show whether this Postfix is a gateway", hint="see above; or --as beside"
        )
    if wanted is Role.GATEWAY and found is not Role.GATEWAY:
        say(UNDECIDED.format(domains=", ".join(domains), first=domains[0]))
        raise PostfixError("a gateway needs [postfix.gateway] in segl.toml", hint="see above")
    if wanted is Role.BESIDE and found is Role.GATEWAY:
        raise PostfixError("segl.toml says that this is a gateway", hint="take [postfix.gateway] out of it")
    word = {Role.GATEWAY: f"a gateway before {settings.postfix.gateway.deliver_to}"}
    say(f"This Postfix: {word.get(found, f'the mail server of {domains[0]}, or beside it')}.")


def _name_newcomers(settings: Settings, front: Instance) -> None:
    """A domain that came later makes no other thing of the mail server of those before: raises
    :class:`PostfixError` where only some of them are not known here."""
    try:
        new = not_taken(settings, front)
    except TableUnread:
        return
    if 0 < len(new) < len(settings.organisation.domains):
        raise PostfixError(
            f"this Postfix takes mail for organisation.domains, but for {', '.join(new)}",
            hint="add it to mydestination or relay_domains; is its mail elsewhere, say where in transport_maps, and"
            " run with --as beside",
        )


def join(settings: Settings, root: Path, *, yes: bool, dry_run: bool, reload_front: bool) -> None:
    """Change this Postfix as *settings* want it, after showing and asking; what was is kept under *root*."""
    if not dry_run and (recovered := carry_out.recover(root)):
        say(f"An earlier run ({recovered.directory.name}) was interrupted; its changes were taken back.")
    last = _latest(root, dry_run)
    plan = make_plan(settings, last.milter if last else "")
    refusals = plan.refusals
    if not refusals and not dry_run:  # the milter is asked by a message, which is seen in its log
        refusals = tuple(unguarded(settings, read_instance(settings.postfix.front)))
    if refusals:
        _show_refusals(refusals)
        raise typer.Exit(1)
    if plan.empty:
        say("Nothing to change: this Postfix is as Segl wants it.")
    else:
        _show(plan, settings)
        if dry_run:
            _tell_of_resolvers(settings)
            return
        _ask(yes, "Change Postfix now?")
        done = carry_out.apply(plan, root)
        if done.files:
            say(paint(f"Done. The files as they were are in {done.directory}.", "green"))
        else:
            say(paint("Done. No file was changed.", "green"))
    if not dry_run:
        _make_key(settings.receipts.key)
        _tell_left_behind(settings)
    _tell_of_resolvers(settings)
    if reload_front and not dry_run:
        _reload(settings)
    elif not plan.empty:
        _show_next_steps(settings)


def _tell_of_resolvers(settings: Settings) -> None:
    """Nothing here is asked of DNS; what comes next needs it."""
    servers = resolvers(settings.routing.nameservers)
    dead = silent(servers)
    if wrong := told_of(servers, dead):
        say(paint(f"note: {wrong}", "yellow"))
        say(
            f"Nothing above was looked up in DNS. {hint_of(dead[0]) if dead else 'Name one in /etc/resolv.conf.'}"
        )


def _tell_left_behind(settings: Settings) -> None:
    """Mail that waits, and goes to a port or socket that was changed. It would come back to its sender after days."""
    try:
        left = left_behind(settings)
    except PostfixError as error:
        _tell_unseen(error.private)
    else:
        _tell_bound(left)


def _tell_unseen(why: str) -> None:
    text = f"note: whether mail waits for an address that is no more cannot be seen: {why}"
    say(paint(text, "yellow"))


def _tell_bound(left: Sequence[Bound]) -> None:
    """What of it is handed in anew, and what must be decided about."""
    held, others = ([one for one in left if one.held is on_hold] for on_hold in (True, False))
    if others:
        wheres = ", ".join(sorted({one.destination for one in others}))
        text = (
            f"Mail waits in the front's queue, bound for where nobody is any more ({wheres}): {_ids(others)}"
        )
        say(paint(text, "yellow"))
        say(
            "When Postfix is reloaded, `postsuper -r ID` hands each in anew. It goes the secure way, plain mail too."
        )
        say("Not `postsuper -r ALL`: what is on hold would go as well.")
    if held:
        say(paint(f"On hold, and bound for where nobody is any more: {_ids(held)}", "yellow"))
        say(
            "`segl hold release ID` sends each by the address of now, or says what must be done first."
            " Not `postsuper -r`: it goes undecided then."
        )


def _tell_stranded(done: Undone) -> None:
    """Mail that the undo leaves in the front's queue, where nobody takes it."""
    if done.unseen:
        _tell_unseen(done.unseen)
    if done.secured:
        _tell_bound(done.stranded)
    elif done.stranded:
        text = f"Mail still on its way to Segl waits in the front's queue: {_ids(done.stranded)}"
        say(paint(text, "yellow"))
        say(_STRANDED)


def _ids(messages: Sequence[Bound]) -> str:
    more = f" … + {len(messages) - _MOST_NAMED}" if len(messages) > _MOST_NAMED else ""
    return " ".join(one.queue_id for one in messages[:_MOST_NAMED]) + more


def _make_key(file: Path) -> None:
    """What the milter and segl-deliver share to know their delivery reports by; made once, and left by --undo."""
    try:
        group = grp.getgrnam("segl-receipts").gr_gid
    except KeyError:  # run from a checkout: root alone
        group = -1
    if ReceiptKey.make(file, group):
        say(f"New: {file}, the key by which delivery reports are known as ours.")


def _latest(root: Path, dry_run: bool) -> Backup | None:
    """The last run; an ordinary user, who may look at a dry run, may not see it."""
    try:
        return backups.latest(root)
    except OSError:
        if dry_run:
            return None
        raise


def take_back(root: Path, *, yes: bool, dry_run: bool, force: bool, reload_front: bool) -> None:
    """Put back what the last run kept under *root* changed."""
    last = backups.to_undo(root)
    if last is None:
        raise PostfixError(f"there is nothing to undo in {root}")
    for file in last.files:
        path, before = Path(file.path), b""
        if file.copy:
            before = (last.directory / file.copy).read_bytes()
        _show_diff(path, backups.content_of(path) or b"", before, gone=not file.copy)
    say(paint(_what_it_means(last), "yellow"))
    if edited := list(backups.edited_since(last)):
        say(paint(f"Edited since segl install wrote it: {', '.join(edited)}", "yellow"))
    if dry_run:
        return
    _ask(yes, "Put these files back?")
    done = carry_out.undo(last, force=force, reload_front=reload_front)
    older = backups.to_undo(root)
    if older or done.in_force:
        say(paint(f"Done. What the run {last.directory.name} changed is as it was before it.", "green"))
    else:
        say(paint("Done. Everything is as it was before segl install.", "green"))
    for path in done.left:
        say(f"Left in place, because it is not empty: {path}")
    _tell_stranded(done)
    if not reload_front:
        for directory in (last.secure, last.front) if done.in_force else (last.front,):
            say(f"Now run: postfix -c {directory} reload")
    if done.in_force and done.stopped:
        say(f"Now run: postfix -c {last.secure} start")
    if not done.in_force and (unit := debian_unit(Path(last.secure))):
        say(f"If it was enabled: systemctl disable {unit}")
    if older:
        say(f"An earlier run ({older.directory.name}) is still in force; --undo once more takes it back.")
    elif done.in_force:
        say(f"Segl is still in this Postfix: nothing is in {root} of the run that brought it.")


def _what_it_means(last: Backup) -> str:
    """Said before anybody is asked: who goes back to an older Segl takes back one run, and means to keep the other."""
    brought = Path(last.secure) / "main.cf"
    if any(Path(file.path) == brought and not file.copy for file in last.files):
        return "This takes Segl out of this Postfix: all mail leaves as it did before."
    return f"This takes back the run {last.directory.name} alone: Segl stays in this Postfix."


def _reload(settings: Settings) -> None:
    if why := carry_out.reload(settings):
        say(paint(f"Postfix was not reloaded: {why}.", "yellow"))
        _show_next_steps(settings)
        raise typer.Exit(1)
    say("Postfix was reloaded. Now run: segl doctor")


def _show(plan: Plan, settings: Settings) -> None:
    for directory in plan.directories:
        owner = f"{directory.owner}:{directory.group}"
        say(f"new directory {directory.path} ({owner}, mode {directory.mode:04o})")
    for change in plan.changes:
        _show_change(change)
    for check in plan.warnings:
        say(paint(f"note: {check.found}: {check.why}", "yellow"))
    say(_NOT_DONE)
    if _mail_will_wait(plan, settings):
        say(paint(_AT_ONCE, "yellow"))


def _mail_will_wait(plan: Plan, settings: Settings) -> bool:
    """Whether what the new main.cf names is not there yet for those of Postfix's processes that begin to read it."""
    front = plan.site.front
    if all(change.path != front / "main.cf" for change in plan.changes) or not is_running(
        read_instance(front)
    ):
        return False
    path, port = settings.milter.socket, settings.postfix.secure_port
    milter = sockets.fault_of(lambda: sockets.unix(path, sockets.ask_milter, SECONDS))
    secure = sockets.fault_of(lambda: sockets.tcp(port, sockets.ask_smtp, POSTFIX_SECONDS))
    return bool(secure) or (bool(milter) and not milter.forbidden)


def _show_change(change: FileChange) -> None:
    _show_diff(change.path, change.before or b"", change.after, new=change.before is None)


def _show_diff(path: Path, old: bytes, new_: bytes, *, new: bool = False, gone: bool = False) -> None:
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (old, new_))
    was, becomes = "/dev/null" if new else str(path), "/dev/null" if gone else str(path)
    colours = {"+": typer.colors.GREEN, "-": typer.colors.RED, "@": typer.colors.CYAN}
    for line in unified_diff(before, after, was, becomes, lineterm=""):
        say(paint(printable(line.expandtabs()), colours.get(line[:1])))


def _show_refusals(refusals: Sequence[Refusal]) -> None:
    complain("this Postfix is left as it is")
    for refusal in refusals:
        typer.echo(f"\n  {printable(refusal.what)}", err=True)
        typer.echo(f"    why: {printable(refusal.why)}", err=True)
        if refusal.fix:
            typer.echo(f"    fix: {printable(refusal.fix)}", err=True)


def _show_next_steps(settings: Settings) -> None:
    front, secure = settings.postfix.front, settings.postfix.secure
    unit = debian_unit(secure)
    segl = "segl-map segl-deliver segl-milter segl-portal"
    if _runs(secure):
        first = (f"reload or restart {segl}: what was changed says which", f"postfix -c {secure} reload")
    else:
        start = f"systemctl enable --now {unit}" if unit else f"postfix -c {secure} start"
        first = (f"{'systemctl start' if unit else 'start'} {segl}", start)
    steps = [
        *first,
        f"postfix -c {front} reload      (or start)",
        "segl doctor --canary",
    ]
    say("Now, in this order:")
    for step in steps:
        say(f"  {step}")
    if settings.postfix.gateway.on:
        for line in advice(settings, read_instance(front).value("myhostname")):
            say(line)


def _runs(secure: Path) -> bool:
    """Whether the instance runs already, by files that it has perhaps not read yet: no start makes it read them."""
    return (secure / "main.cf").exists() and is_running(read_instance(secure)) is True


def _ask(yes: bool, question: str) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise PostfixError("nobody is there to answer", hint="use --yes")
    if not typer.confirm(question):
        say("Nothing was changed.")
        raise typer.Exit(1)
