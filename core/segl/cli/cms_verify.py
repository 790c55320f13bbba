"""``segl cms verify``: whose signatures those of a message are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.addresses import domain_of
from segl.cli.cms_input import (
    File,
    certificates_in,
    read_file,
    say_signatures,
    signature_as_dict,
    signed_parts,
)
from segl.cli.options import JsonLines
from segl.cli.output import complain, fail, fail_of, printable, say, say_json
from segl.errors import SeglError
from segl.places import DEFAULT_FILE, is_missing

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from segl.certificates.chain import Authorities
    from segl_delivery.cms.signed import Signature, Signed

EXIT_NOT_TRUSTED = 23


def verify(
    file: File,
    pins: Annotated[
        list[str] | None,
        typer.Option("--pin", help="SHA-256 of a certificate or a key that is trusted, in hex."),
    ] = None,
    authorities: Annotated[
        list[Path] | None,
        typer.Option("--ca", readable=False, help="Certificates of authorities that are trusted (PEM)."),
    ] = None,
    content: Annotated[
        Path | None, typer.Option("--content", readable=False, help="What a detached signature is over.")
    ] = None,
    sender: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="Whose signature it should be.")
    ] = "",
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            readable=False,
            help="Trust what this settings file trusts, where no --pin or --ca is given.",
        ),
    ] = None,
    as_json: JsonLines = False,
) -> None:
    """Judge the signatures of FILE: whether each is right, whether its certificate holds now and names the sender, and
    whether one of them is from somebody who is trusted. FILE may be a whole message. Without --pin and --ca those are
    trusted whom segl-deliver trusts for incoming mail: certificates.trust, and the tunnel certificates of the sender's
    domain. With --from an authority counts only for a certificate that names that sender. Nobody is asked whether a
    certificate was revoked.

    Exit code: 0 a signature holds and is trusted, 23 none is, 2 FILE cannot be read.
    """
    from segl.ber import Damaged
    from segl.certificates.chain import Authorities
    from segl_delivery.cms.signed import verify as verify_signatures
    from segl_delivery.cms.trust import pin, signed_by_chain, signed_by_pinned

    try:
        trusted = {pin(text) for text in pins or ()}
    except ValueError as error:
        fail(f"--pin: {error}")
    message, beside = signed_parts(file)
    try:
        signed = verify_signatures(message, beside if content is None else read_file(content))
    except Damaged as error:
        fail(f"{file}: {error}", "segl cms info shows what it is; segl cms open what is inside")
    anchors = Authorities([one for path in authorities or () for one in certificates_in(path)])
    if not trusted and not authorities:
        anchors, trusted = _trusted_by(settings, sender)
    now = datetime.now(UTC)
    own = tuple(one for one in signed.signatures if not sender or _names(one, sender))
    chain = signed_by_chain(replace(signed, signatures=own), anchors, now)
    signature = signed_by_pinned(signed, trusted) or (chain and chain[0])
    by = signature.certificate if signature else None
    (_tell_json if as_json else _tell)(signed, sender, now, by, chain[1] if chain else ())
    if by is None:
        raise typer.Exit(EXIT_NOT_TRUSTED)


def _tell(
    signed: Signed, sender: str, now: datetime, by: Certificate | None, chain: Sequence[Certificate]
) -> None:
    """Every signature, and *by* whose certificate one is trusted."""
    from segl.certificates.judgement import fingerprint

    say_signatures(signed, judged=True)
    for text in _standings(signed, sender, now):
        say(text)
    if by is None:
        whose = f" of {printable(sender)}" if sender else ""
        say(
            f"trusted     by none: neither a pin nor an authority stands behind a signature{whose} that holds"
        )
        return
    say(f"trusted     sha256={fingerprint(by)}")
    for entry in chain:
        say(f"chain       {printable(entry.subject.rfc4514_string())}")


def _tell_json(
    signed: Signed, sender: str, now: datetime, by: Certificate | None, chain: Sequence[Certificate]
) -> None:
    from segl.certificates.judgement import fingerprint, untimely

    judged = [
        {
            **signature_as_dict(one),
            "outcome": one.outcome.value,
            "weakness": one.weakness,
            "validity": untimely(one.certificate, now) if one.certificate else None,
            "names_sender": _names(one, sender) if sender else None,
        }
        for one in signed.signatures
    ]
    path = [entry.subject.rfc4514_string() for entry in chain]
    say_json({"signatures": judged, "trusted": fingerprint(by) if by else None, "chain": path})


def _trusted_by(file: Path | None, sender: str) -> tuple[Authorities, set[str]]:
    """The authorities of the settings *file* (without one: of the usual file, if it is there), and fingerprints of the
    tunnel certificates of *sender*'s domain."""
    from segl.certificates.chain import Authorities
    from segl.certificates.judgement import fingerprint
    from segl.cli.trusted import trusted_settings
    from segl_routing.tunnels import Tunnels

    if file is None and is_missing(DEFAULT_FILE):
        return Authorities(()), set()
    try:
        settings = trusted_settings(file or DEFAULT_FILE)
        table = settings.certificates
        anchors = Authorities.read(table.trust, table.intermediates, file or DEFAULT_FILE)
    except SeglError as error:
        fail_of(error)
    tunnels = Tunnels(
        settings, lambda path, why: complain(f"{path}: {why}"), lambda name, why: complain(f"{name}: {why}")
    )
    found = tunnels.find(domain_of(sender), datetime.now(UTC).timestamp()) if sender else None
    return anchors, {fingerprint(one) for one in found.certificates} if found else set()


def _standings(signed: Signed, sender: str, now: datetime) -> Iterator[str]:
    """Of each certificate that signed: whether it holds now, and whether it names *sender*."""
    from segl.certificates.judgement import unfit_to_sign, untimely

    for signature in signed.signatures:
        if signature.certificate is None:
            continue
        ends = f"{signature.certificate.not_valid_after_utc:%Y-%m-%d}"
        yield f"validity    {untimely(signature.certificate, now) or f'until {ends}'}"
        if unfit := unfit_to_sign(signature.certificate):
            yield f"purpose     {unfit}"
        if sender:
            word = "names" if _names(signature, sender) else "does not name"
            yield f"binding     the certificate {word} {printable(sender)}"


def _names(signature: Signature, sender: str) -> bool:
    from segl.certificates.names import addresses_of, mail_key, signs_for

    certificate = signature.certificate
    if certificate is None:
        return False
    return mail_key(sender) in addresses_of(certificate) or signs_for(certificate, domain_of(sender))
