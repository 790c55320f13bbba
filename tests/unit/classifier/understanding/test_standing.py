"""A disclaimer is standing text; what anybody may write is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.understanding import standing
from segl_classifier.understanding.standing import is_standing

DISCLAIMERS = (
    "Denne e-mail er fortrolig. Er du ikke rette modtager, så slet mailen.",
    "This message is confidential. If you received it in error, delete it.",
    "Diese E-Mail ist vertraulich; bitte löschen, wenn Sie nicht der rechte Empfänger sind.",
    "Vi behandler dine personoplysninger efter vores privatlivspolitik.",
    "Afmeld nyhedsbrevet her · Unsubscribe",
    "Tænk på miljøet, før du printer denne mail.",
    "Modtaget ved en fejl? Slet venligst mailen.",
)
LETTERS = (
    "Oplysningerne er fortrolige, og Karen er syg.",
    "Slet den gamle aftale, og skriv en ny.",
    "Virus hærger på kontoret: tre ligger syge.",
    "Vi ses tirsdag.",
    "",
)
# One for each way in which a sign can be written.
SIGNS = """denne e-mail|denne email|denne mail|denne besked|denne meddelelse|this e-mail|this message|this communication
|diese e-mail|detta e-postmeddelande|detta mejl|detta meddelande|denne e-posten|fortroligt|confidential|vertraulich
|konfidentiell|rette modtager|tilsigtede adressat|intended recipient|intended only|avsedd mottagare|avsedda mottagaren
|rechte empfänger|modtaget ved en fejl|modtaget denne mail ved en fejl|received in error|received this in error
|irrtümlich|av misstag|ved en feil|slette den|slet venligst mailen|delete the message|löschen|radera
|behandler personoplysninger|behandle vi dine personoplysninger|privatlivspolitikken|privacy policy|privacy notice
|databeskyttelsen|persondatapolitik|afmelde|unsubscribe|abmelden|virus|tænk på miljøet|før du printer""".replace(
    "\n", ""
).split("|")


@pytest.mark.parametrize("text", DISCLAIMERS)
def test_a_disclaimer_is_standing_text(text: str) -> None:
    assert is_standing(text)
    assert is_standing(text.upper())


@pytest.mark.parametrize("text", LETTERS)
def test_what_anybody_may_write_is_not(text: str) -> None:
    assert not is_standing(text)


def test_a_letter_of_two_pages_is_not_whatever_it_says() -> None:
    assert not is_standing(DISCLAIMERS[0] + " Vi bygger om." * 200)


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_counts(sign: str) -> None:
    """The quick look before the signs themselves overlooks none of them."""
    other = "virus" if "virus" not in sign else "afmeld"
    assert standing._SIGNS.search(sign)
    assert is_standing(f"{sign} – {other}")


@given(
    st.lists(st.sampled_from([*SIGNS, "Karen", "slet", "modtager", "er", "\n", ".", "in error"]), max_size=6)
)
def test_the_quick_look_changes_no_answer(words: list[str]) -> None:
    text = " ".join(words)
    slowly = len({hit.lower()[:6] for hit in standing._SIGNS.findall(text)}) >= 2
    assert is_standing(text) == slowly
