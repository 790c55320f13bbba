"""What `segl doctor` and `segl status` say of our own keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segl.certificates.judgement import UNREADABLE, certificates_given
from segl.counted import counted
from segl.errors import SeglError
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.document import Settings
from segl.settings.encryption import SignWhen
from segl_delivery.keyring import read_passphrase
from segl_delivery.own_keys.directory import KeyDirectory
from segl_delivery.own_keys.directory import State as KeyState

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from segl_delivery.own_keys.directory import KeptKey

_WHY: Final = "mail encrypted to it cannot be opened, or partners stop encrypting"


def key_checks(settings: Settings) -> Iterator[Check]:
    """The checks `keys.*`."""
    now = datetime.now(UTC)
    try:
        found = _kept(settings)
    except SeglError as error:
        yield Check("keys.folder", State.UNKNOWN, error.private, _WHY, error.hint or AS_ROOT)
        return
    yield Check("keys.folder", State.OK, f"{settings.delivery.keys}: {counted(len(found), 'key')}")
    for kept in found:
        if kept.state in (KeyState.WAITING, KeyState.RETIRED):
            continue
        warnings = kept.warnings(now)
        yield judge(
            "keys.use",
            not warnings,
            f"{kept.name}: {'; '.join(warnings) or 'in order'}",
            why=_WHY,
            fix="segl key new, give its certificate to the partners, then segl key retire the old one",
            bad=State.WARN,
        )
    if found and settings.encryption.sign is not SignWhen.NEVER:
        yield from _signing(settings, found, now)
    yield from _taken_for_partners(settings, found)


def _signing(settings: Settings, found: list[KeptKey], now: datetime) -> Iterator[Check]:
    usable = {kept.name for kept in found if "sign" in kept.uses(now)}
    for domain, name in settings.delivery.sign_keys.items():
        yield judge(
            "keys.sign",
            name in usable,
            f"{domain} is signed for with {name}",
            why="there is no such active key that may sign: its mail goes out encrypted, and unsigned",
            fix="correct delivery.sign_keys; segl key list shows the keys",
            bad=State.WARN,
        )


def _taken_for_partners(settings: Settings, found: list[KeptKey]) -> Iterator[Check]:
    """Certificates are exchanged by mail, and one's own is easily put where the partner's belongs."""
    ours = {_public(kept.own.certificate): kept.name for kept in found if kept.own}
    with suppress(OSError):
        for file in sorted(settings.delivery.certificates.glob("*.pem")):
            try:
                held = [_public(one) for one in certificates_given(file.read_bytes())]
            except (OSError, *UNREADABLE):
                continue  # said with the folder
            if mine := next((ours[key] for key in held if key in ours), ""):
                yield Check(
                    "keys.partner",
                    State.WARN,
                    f"{file.name} holds a certificate of our own key {mine}",
                    f"what goes to {file.stem} by tunnel is encrypted to us, and the partner cannot open it",
                    "put the partner's certificate there instead",
                )


def _public(certificate: Certificate) -> bytes:
    form = PublicFormat.SubjectPublicKeyInfo
    return certificate.public_key().public_bytes(Encoding.DER, form)


def key_line(settings: Settings) -> tuple[bool | None, str]:
    """For `segl status`: good or not, and a text."""
    now = datetime.now(UTC)
    try:
        found = _kept(settings)
    except SeglError as error:
        return None, error.private
    if not found:
        return True, "none of our own"
    warned = [f"{kept.name} {warning}" for kept in found for warning in kept.warnings(now)]
    ends = [
        kept.own.certificate.not_valid_after_utc
        for kept in found
        if kept.own and kept.state is KeyState.ACTIVE
    ]
    first = f", the first ends {min(ends):%Y-%m-%d}" if ends else ""
    return not warned, "; ".join(warned) or f"{len(ends)} active of {len(found)}{first}"


def _kept(settings: Settings) -> list[KeptKey]:
    return KeyDirectory(settings.delivery.keys, read_passphrase(settings.delivery.keys_passphrase)).kept()
