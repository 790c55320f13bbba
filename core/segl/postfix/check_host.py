"""What Segl needs on the host beside Postfix: settings that are finished, certificates, store, folders, DNS."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from segl.addresses import normal_domain
from segl.certificates.judgement import UNREADABLE, certificates_given, holds_private_key, usable_of
from segl.counted import counted
from segl.errors import StoreError
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.postfix.check_domains import domain_checks
from segl.postfix.check_resolver import resolver_checks
from segl.settings.cautions import hold_cautions, return_cautions
from segl.settings.document import Settings
from segl.store.lock import holder_of
from segl.store.status import StoreDenied, StoreMissing, look_at_store, sqlite_file
from segl.vocabulary import Mode

_EXPIRY_DAYS = 30
_ENDINGS = (".pem", ".crt", ".cer", ".der", ".p7b", ".p7c")  # of certificates; others are no business of ours


def host_checks(settings: Settings) -> Iterator[Check]:
    yield _mode(settings)
    yield _portal_url(settings)
    yield _hold(settings)
    yield _reinject(settings)
    yield from domain_checks(settings)
    yield from _certificates(settings)
    yield _store(settings)
    yield _sealed(settings)
    yield from resolver_checks(settings.routing)


def _mode(settings: Settings) -> Check:
    mode = settings.detection.mode
    return judge(
        "settings.mode",
        mode is not Mode.SHADOW,
        f"detection.mode = {mode}",
        why="in mode shadow verdicts are only logged: every message goes as it would without Segl",
        fix='set detection.mode = "detect" when you have seen enough',
        bad=State.WARN,
    )


def _portal_url(settings: Settings) -> Check:
    url = settings.portal.url
    return judge(
        "settings.portal-url",
        url.startswith("https://") and ".invalid" not in url,
        f"portal.url = {url}",
        why="the notice to a recipient carries this address; it must lead to your portal, over https",
        fix='set [portal] url = "https://sikker.your-domain.dk" in segl.toml',
    )


def _hold(settings: Settings) -> Check:
    found = list(hold_cautions(settings))
    return judge(
        "settings.hold",
        not found,
        "; ".join(one.problem for one in found)
        or "those who may release are named, and as many as must agree",
        why="what is held could be released by nobody, or by somebody of another organisation",
        fix="name in deciders who decides, for each organisation as many people as must agree",
        bad=State.WARN,
    )


def _reinject(settings: Settings) -> Check:
    found = list(return_cautions(settings))
    return judge(
        "settings.reinject",
        not found,
        "; ".join(f"{one.where} = {one.problem}" for one in found)
        or f"segl-deliver hands on to {settings.reinject}, the return port",
        why="what segl-deliver has encrypted, notices and receipts go there: where nobody listens they wait",
        fix="take delivery.reinject out of segl.toml: postfix.return_port holds for both (docs/operations.md, Reload)",
    )


def _certificates(settings: Settings) -> Iterator[Check]:
    folder = settings.delivery.certificates
    try:
        kept = sorted(file for file in folder.iterdir() if _is_certificates(file))
    except FileNotFoundError:
        yield Check("certificates.folder", State.OK, f"{folder} does not exist: no tunnel partners")
        return
    except OSError:
        yield Check("certificates.folder", State.UNKNOWN, f"{folder} may not be read", fix=AS_ROOT)
        return
    named = {file: _name_looked_for(file) for file in kept}
    files = [file for file, name in named.items() if name == file.name]
    yield Check("certificates.folder", State.OK, f"{folder}: {counted(len(files), 'file')}")
    for file, name in named.items():
        if name == file.name:
            yield from _certificate_file(file)
        else:
            yield Check(
                "certificates.name",
                State.WARN,
                f"{file.name} is looked for by nobody{f': {name} would be' if name else ''}",
                "mail to that partner goes by another way",
                f"name it {name or '<domain>.pem'}, in PEM or DER form",
            )


def _is_certificates(file: Path) -> bool:
    """By its name."""
    return file.name.lower().removesuffix(".txt").endswith(_ENDINGS)


def _name_looked_for(file: Path) -> str:
    """What a partner's file must be called; ``""`` when its name tells no domain. Windows hides endings and adds
    others: ``kommune.dk.pem.txt``."""
    name = file.name
    while name.lower().endswith((*_ENDINGS, ".txt")):
        name = name[: name.rindex(".")]
    try:
        return f"{normal_domain(name)}.pem"
    except ValueError:
        return ""


def _certificate_file(file: Path) -> Iterator[Check]:
    id_, why = "certificates.expiry", f"mail to {file.stem} will go by another way when none is valid"
    try:
        data = file.read_bytes()
        found = certificates_given(data)
    except PermissionError:
        yield Check(id_, State.UNKNOWN, f"{file} may not be read", fix=AS_ROOT)
        return
    except (OSError, *UNREADABLE):
        yield Check(
            id_, State.WARN, f"{file} holds no readable certificate", why, "replace it by the partner's"
        )
        return
    now = datetime.now(UTC)
    usable, fault = usable_of(found, now)
    days = max(((one.not_valid_after_utc - now).days for one in usable), default=-1)
    text = (
        f"{file.name}: valid for {days} days"
        if usable
        else f"{file.name}: no certificate is of use now ({fault})"
    )
    yield judge(id_, days >= _EXPIRY_DAYS, text, why=why, fix="ask the partner for a new one", bad=State.WARN)
    if holds_private_key(data):
        yield Check(
            "certificates.key",
            State.WARN,
            f"{file.name} holds a private key as well",
            "whoever reads it reads the mail to that certificate; a partner who sent his must make a new one",
            "leave the certificate alone in it; if the key is yours: segl key import",
        )


def _store(settings: Settings) -> Check:
    id_, why = "store", "routes are not remembered and nothing can be sealed"
    try:
        if (file := sqlite_file(settings.store.url)) is not None and (holder := holder_of(file)):
            return Check(id_, State.FAIL, f"{file} is locked by {holder}", why, holder.advice)
    except OSError:
        pass  # whether it can be read is told next
    try:
        status = look_at_store(settings.store.url)
    except StoreMissing as error:
        return Check(id_, State.WARN, error.private, why, error.hint)
    except StoreDenied as error:
        return Check(id_, State.UNKNOWN, error.private, why, error.hint)
    except StoreError as error:
        return Check(id_, State.FAIL, error.private, why, "see store.url in segl.toml")
    if status.fault:
        fix = "install the newer one here, too"
        if not status.writes:
            fix = "let it take over, or name the one that did in store.url (docs/scaling.md)"
        elif status.room:
            fix = "make room on the disk of the database; what waits then goes by itself"
        elif status.waits:
            fix = "bring one back, or take those that are gone out of synchronous_standby_names; what waits then goes"
        return Check(id_, State.FAIL, status.fault, why, fix)
    next_ = (
        f", next expiry {time.strftime('%Y-%m-%d', time.localtime(status.next_expiry))}"
        if status.next_expiry
        else ""
    )
    return Check(id_, State.OK, f"schema {status.schema}, {status.sealed} sealed messages{next_}")


def _sealed(settings: Settings) -> Check:
    id_, folder = "store.sealed", settings.portal.sealed
    if settings.portal.storage.used:
        return Check(id_, State.OK, f"not used: {settings.portal.storage.name}")
    why = "only segl-deliver and segl-portal may enter the folder of sealed messages"
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except FileNotFoundError:
        return Check(
            id_,
            State.WARN,
            f"{folder} does not exist",
            why,
            "segl-deliver makes it when it starts first; where messages were sealed before: is it mounted?",
        )
    except OSError:
        return Check(id_, State.UNKNOWN, f"{folder} may not be looked at", why, AS_ROOT)
    return judge(
        id_,
        not mode & 0o007,
        f"{folder} has mode {mode:04o}",
        why=why,
        fix=f"chmod o= {folder}",
        bad=State.WARN,
    )
