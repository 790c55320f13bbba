"""Every check of ``segl doctor``, one after the other.

Apart from the command, since what they load takes half a second, and ``segl doctor --help`` needs none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segl.cli.doctor_access import access_checks
from segl.cli.doctor_canary import canary_checks
from segl.cli.doctor_copies import copy_checks
from segl.cli.doctor_keys import key_checks
from segl.cli.doctor_nodes import node_checks
from segl.cli.doctor_portal import portal_checks
from segl.cli.doctor_receipts import receipt_checks
from segl.cli.doctor_recipients import recipient_checks
from segl.cli.doctor_trust import trust_checks
from segl.cli.doctor_tunnel import tunnel_checks
from segl.cli.trusted import trusted_settings
from segl.counted import counted
from segl.errors import FileFaults, RulesError, SeglError
from segl.postfix.check import Check, State
from segl.postfix.doctor import examine
from segl.settings.document import Settings


def checks_of(file: Path, *, canary: bool) -> Iterator[Check]:
    """All of them; with *canary* messages are sent through every way."""
    try:
        settings = trusted_settings(file)
    except FileFaults as error:
        for fault in error.faults:
            text = fault.told
            yield Check("settings", State.FAIL, text, "no process of Segl starts with it", fault.hint)
        if error.more:
            yield Check("settings", State.FAIL, error.rest, "no process of Segl starts with it")
        return
    yield Check("settings", State.OK, str(file))
    yield from access_checks(file, settings)
    yield from examine(settings)
    yield from copy_checks(file, settings)
    yield from tunnel_checks(settings)
    yield from trust_checks(settings)
    yield from recipient_checks(settings)
    yield from key_checks(settings)
    yield from receipt_checks(settings)
    yield from portal_checks(settings)
    yield from node_checks(settings)
    yield check_rules(settings)
    yield check_model(settings)
    yield check_ocr(settings)
    yield from canary_checks(settings, send=canary)


def check_rules(settings: Settings) -> Check:
    """The rules as segl-milter would load them, their own examples included."""
    from segl_classifier.rules import load_rules, shipped_rules
    from segl_classifier.rules.weaker import weaker

    try:
        loaded = load_rules(settings.detection.rules)
        if less := list(weaker(loaded, shipped_rules())):
            return Check(
                "rules",
                State.WARN,
                "; ".join(less[:5]) + (f"; and {len(less) - 5} more" if len(less) > 5 else ""),
                "mail that the shipped rules send securely may go in clear",
                "take it out where it is not meant; segl rules check names all of it",
            )
        return Check("rules", State.OK, f"{counted(len(loaded.rules), 'rule')}, digest {loaded.digest[:12]}")
    except RulesError as error:
        others = len(error.faults) + error.more - 1
        return Check(
            "rules",
            State.FAIL,
            f"{error.faults[0]}" + (f" and {others} more" if others else ""),
            "segl-milter does not start with them, or keeps the old ones",
            "run: segl rules check",
        )


def check_model(settings: Settings) -> Check:
    """The model as segl-milter would load it."""
    if not settings.detection.model:
        return Check("model", State.OK, "turned off: words alone decide")
    from segl_classifier.understanding.loading import load_model

    try:
        loaded = load_model()
    except SeglError as error:
        return Check("model", State.FAIL, error.private, "segl-milter does not start without it", error.hint)
    if loaded is None:
        return Check(
            "model",
            State.WARN,
            "none is installed: words alone decide",
            "words find nearly four of five messages, and only what is said outright",
            "install the package again, or set detection.model = false",
        )
    return Check("model", State.OK, f"{len(loaded.thresholds)} categories")


def check_ocr(settings: Settings) -> Check:
    """Whether pictures can be read, where they are to be."""
    if not settings.detection.ocr:
        return Check("ocr", State.OK, "turned off: pictures are not read")
    from segl_classifier.formats.pictures.tesseract import lacking

    if missing := lacking():
        return Check(
            "ocr",
            State.FAIL,
            missing,
            "no picture and no scanned page is read: each message with one goes securely, whatever is in it",
            "apt-get install tesseract-ocr tesseract-ocr-dan; or set detection.ocr = false",
        )
    return Check("ocr", State.OK, "tesseract reads Danish and English")
