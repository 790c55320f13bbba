"""A disclaimer is standing text; what anybody may write is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.understanding import standing
from segl_classifier.understanding.standing import Line, may_stand, without_standing

DISCLAIMERS = (
    "Denne e-mail er fortrolig. Er du ikke rette modtager, så slet mailen.",
    "This message is confidential. If you received it in error, delete it.",
    "Diese E-Mail ist vertraulich; bitte löschen, wenn Sie nicht der rechte Empfänger sind.",
    "Vi behandler dine personoplysninger efter vores privatlivspolitik.",
    "Afmeld nyhedsbrevet her · Unsubscribe",
    "Tænk på miljøet, før du printer denne mail.",
    "Modtaget ved en fejl? Slet venligst mailen.",
    "Denne e-posten kan inneholde konfidensiell informasjon. Er du ikke tiltenkt mottaker, ber vi deg gi avsender "
    "beskjed og slette meldingen.",
    "Les i vår personvernerklæring hvordan vi behandler dine personopplysninger.",
    "Innholdet i denne meldingen er underlagt advokaters taushetsplikt.",
    "Denne meldinga kan innehalde konfidensiell informasjon. Er du ikkje rett mottakar, ber vi deg slette meldinga.",
    "Detta meddelande kan innehålla sekretessbelagd information. Om du inte är rätt mottagare ber vi dig meddela oss.",
    "Tänk på miljön innan du skriver ut detta mejl.",
    "Der Inhalt dieser Nachricht unterliegt der anwaltlichen Schweigepflicht.",
    "This email has been scanned for viruses and dangerous content and is believed to be clean.",
    "Please consider the environment before printing this email.",
    "Denne e-mail er omfattet af advokaters tavshedspligt.",
    "[EKSTERN E-MAIL] Klik ikke på links, medmindre du kender afsenderen.",
    "Advarsel – Denne mail kommer fra en afsender uden for organisationen. Åbn ikke links, medmindre du kender "
    "afsenderen.",
    "CAUTION – This email originated from outside of the organization. Do not click links or open attachments unless "
    "you recognize the sender and know the content is safe.",
    "OBS – Externt meddelande från utanför organisationen. Klicka inte på länkar om du inte känner igen avsändaren.",
)
GUIDANCE = (
    "Hvis du ikke er enig i afgørelsen, kan du klage. Klagen skal sendes til kommunen senest 4 uger efter, "
    "at du har fået brevet.",
    "Du kan klage over afgørelsen til Ankestyrelsen. Klagefristen er 4 uger.",
    "Du har ret til aktindsigt efter forvaltningslovens § 9.",
    "Ønsker du at klage, så send klagen til Planklagenævnet via Klageportalen.",
)
LETTERS = (
    "Ankestyrelsen har modtaget din klage. Klagen sendes til Ole senest 4 uger efter.",
    "Vi har sendt din klage over Ole til Ankestyrelsen, og du får svar senest 4 uger herefter.",
    "Klagen skal handle om din søn. Ankestyrelsen har spurgt til hans diagnose.",
    "Oplysningerne er fortrolige, og Karen er syg.",
    "Slet den gamle aftale, og skriv en ny.",
    "Virus hærger på kontoret: tre ligger syge.",
    "Karen har brudt sin tavshedspligt.",
    "Ole er omfattet af tavshedspligt og har talt over sig.",
    "Taushetsplikten gjelder også her, og du sletter ikke noe.",
    "Ihre personenbezogenen Daten hat Frau Holm verkauft.",
    "Karen er syg, siger en uden for organisationen. Ring til hende.",
    "Det er en ekstern mail. Anna er indlagt.",
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
|databeskyttelsen|persondatapolitik|afmelde|unsubscribe|abmelden|tænk på miljøet|før du printer|for virus|mod vira
|vores behandling af dine personoplysninger|ret til indsigt|ret til at få indsigt|rettet eller slettet
|klage til datatilsynet|de oplysninger vi har om dig|of viruses|auf viren
|denne meldingen|denne meldinga|diese nachricht|dieser e-mail|konfidensiell|taushetsbelagt|sekretessbelagd
|omfattet af tavshedspligt|omfattet af advokaters tavshedspligt|underlagt lovbestemt taushetsplikt
|omfattas av sekretess|anwaltlichen schweigepflicht|ärztliche schweigepflicht|attorney-client privilege
|legally privileged|rett mottaker|tiltenkte mottakeren|rätt mottagare|richtige adressat|vorgesehener empfänger
|beabsichtigten empfänger|ved ein feil|ved en feiltakelse|slett e-posten|sletter meldingen|slettar meldinga
|behandlar personopplysningane|personvernerklæringen|behandlar dina personuppgifter|integritetspolicy
|dataskyddsförordningen|personenbezogenen daten|datenschutzerklärung|your personal data|mot virus|any virus|virus-free
|antivirus|dangerous content|and dangerous content|believed to be clean|tenk på miljøet|tänk på miljön
|før du skriver ut|innan du skriver ut|consider the environment|before printing
|ekstern e-mail|external email|external sender|externe mail|externes mail|uden for organisationen|outside organization
|outside of the organization|utenfor organisasjonen|utanför organisationen|außerhalb der organisation
|klik ikke på links|klikk ikke på lenker|klicka inte på länkar|do not click links|do not click on any links
|klicken sie nicht auf links|kender afsenderen|genkender afsenderen|recognize the sender|know the sender
|kjenner avsenderen|känner avsändaren|känner igen avsändaren|kennen den absender|content is safe
|indholdet er sikkert""".replace("\n", "").split("|")


def read(text: str) -> list[str]:
    """The sentences of *text* as the model reads them."""
    lines = [Line(sentence, 0, 1) for sentence in re.split(r"(?<=[.?:;]) ", text)]
    return [" ".join(line.text.split()) for line in without_standing(lines)]


@pytest.mark.parametrize("text", DISCLAIMERS)
def test_a_disclaimer_is_standing_text(text: str) -> None:
    for spelled in (text, text.upper()):
        assert may_stand(spelled)
        assert read(spelled) == []


@pytest.mark.parametrize("text", GUIDANCE)
def test_so_is_the_guidance_on_complaints_below_a_decision(text: str) -> None:
    assert may_stand(text)
    assert read(text) == []


@pytest.mark.parametrize("text", LETTERS)
def test_what_anybody_may_write_is_not(text: str) -> None:
    assert " ".join(read(text)) == text


def test_a_sentence_between_is_read() -> None:
    text = "Denne mail er fortrolig. Karen er indlagt. Slet venligst mailen."
    assert read(text) == ["Karen er indlagt.", "Slet venligst mailen."]


def test_one_sign_here_and_one_there_are_none() -> None:
    text = "Det er fortroligt. Karen er indlagt. Slet mailen."
    assert " ".join(read(text)) == text


@given(st.text(alphabet="abc æøå", min_size=1, max_size=20), st.sampled_from(DISCLAIMERS))
def test_a_word_of_its_own_is_always_read(word: str, footer: str) -> None:
    told = f"Zita {word}".strip()
    for text in (f"{told}. {footer}", f"{footer} {told}", f"{footer[:-1]}, {told}"):
        assert "Zita" in " ".join(read(text))


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_counts(sign: str) -> None:
    """The quick look before the signs themselves overlooks none of them."""
    other = "mod virus" if "vir" not in sign else "afmeld"
    assert standing._SIGNS.search(sign)
    assert may_stand(f"{sign} – {other}")
    assert read(f"{sign} – {other}") == []


@given(
    st.lists(st.sampled_from([*SIGNS, "Karen", "slet", "modtager", "er", "\n", ".", "in error"]), max_size=6)
)
def test_the_quick_look_changes_no_answer(words: list[str]) -> None:
    text = " ".join(words)
    if len({hit.lower()[:6] for hit in standing._SIGNS.findall(text)}) >= 2:
        assert may_stand(text)
