"""What offices write to each other in a few words, by the shipped rules alone: talk, idioms and things on the one
side, the same words of somebody's own matter on the other."""

from __future__ import annotations

import pytest

from keyword_model import KeywordModel, labels_of_mail
from segl.vocabulary import Label


def labels(said: str) -> tuple[Label, ...]:
    """What a mail of these words holds where the model sees nothing."""
    return labels_of_mail("Hej", said, KeywordModel({}))


TALK = """
jeg tager til tandlægen kl. 10
Jeg er hos tandlægen til 11
Er til tandlæge i morgen kl. 8.15
Du skylder mig en øl
Haha, du skylder mig en øl!
Han skylder mig en tjeneste
Vi skylder jer et svar inden fredag
You owe us a reply
Jeg er i retten med en kunde torsdag formiddag
Hvem har stjålet min kop?
Nogen har stjålet min madpakke
Han er dømt til at tabe, siger oddset
Jeg stemmer på forslag B
Jeg stemmer på sushi
Jeg har sat kryds ved den 14.
Anne har fødselsdag i dag
Kagen til Henriks fødselsdag er bestilt
Send mig din fødselsdato
Henriks fødselsår er 1961
Jeg er i receptionen
Bo sender fem eksemplarer
Bo dementerer rygtet
Bo har udsendt et dementi
Anna har fundet de gamle skrifter
Anna, vi mødes i våbenhuset
Emil er i Børnehuset Solsikken til kl. 15
Kunden vil have indlagt vand i kolonihaven
Jeg er forelsket i den lampe
Jeg har døbt serveren Odin
Dit abonnement er opsagt
Per har opsagt abonnementet på avisen
Jeg har fyret en raket af til nytår
Din ansøgning om byggetilladelse er modtaget
Din ansøgning om stadeplads er godkendt
Din konto er låst, nulstil kodeordet
Din konto er låst.
Din konto er låst efter for mange forsøg
Bo har slettet sit hashtag
Bo har rettet hashværdien
Bo har lagt et eksempel i mappen
Jeg er blind for mine egne fejl
"""


@pytest.mark.parametrize("said", TALK.strip().splitlines())
def test_talk_is_nobodys_matter(said: str) -> None:
    assert labels(said) == ()


MATTERS = {
    Label.HEALTH: """
        Jeg tager til tandlægen kl. 10, jeg har tandkødsbetændelse og skal opereres
        Jeg skal have trukket fire tænder ud hos tandlægen
        Jeg har svær eksem på hænderne
        Mor er dement og skal på plejehjem
        Min recept på antidepressiver er udløbet
        Hun har fået en fødselsdepression
        Hun er i fødselsterapi efter en svær fødsel
        Jeg skal til tandlæge og have en rodbehandling
        Far er indlagt, vand i lungerne
        Anne har fødselsdag, men hun er indlagt med en blodprop
        Din søn ryger hash
        Ole er blind på det ene øje
        Anne har fødselsangst
        Sofie har fået en fødselsblødning
        Mette har fødselskomplikationer
        Anna sidder hos dementen på stue 4
        Per er kommet på dementafsnittet
        My father has dementia
        Anna har eksemudbrud på hænderne
        Bo er på eksemklinikken i dag
        Receptet er klart, Anna
        Bo skal hente sit receptlægemiddel
        Per er hashafhængig
        Jens har narkolepsi
        """,
    Label.INCOME_WEALTH: """
        Hans konto er låst af banken, og han er i overtræk
        Din konto er låst, fordi du er i overtræk
        """,
    Label.FAMILY: """
        Sagen om Sofie går til Børnehus Syd
        Bo er til samråd om Emil i børnehuset
        Børnehuset har talt med Emil om volden
        """,
    Label.PAYMENT_DEFAULT: """
        Du skylder mig en øl og 12.000 kr. for huslejen
        Han skylder mig en is. Og sin husleje i tre måneder
        Du skylder mig 45.000 kr. i husleje
        """,
    Label.CRIMINAL: """
        Hvem har stjålet min kop? Bo. Han er dømt for tyveri to gange
        Han sælger narko fra lejligheden
        Kim er sigtet for våbenbesiddelse
        Bo er dømt efter våbenfund
        Per har våbenforbud
        Bo er narkodømt
        Per har narkogæld
        Bo er dømt til fire måneders fængsel
        Han er dømt til at betale erstatning for voldtægten
        """,
    Label.POLITICAL: """
        Jeg stemmer på forslag B, men til folketinget stemmer jeg på Enhedslisten
        Bo har sat kryds ved Nye Borgerlige
        """,
    Label.EMPLOYMENT_EDUCATION: """
        Per har opsagt abonnementet, fordi han er fyret
        Per er opsagt til den 31. maj
        Din ansøgning om stillingen som rengøringsleder er desværre afvist
        """,
    Label.SEXUAL: "Hun er forelsket i sin kvindelige kollega, hun er lesbisk",
    Label.RELIGIOUS_PHILOSOPHICAL: """
        Han blev døbt som voksen og er nu katolik
        Bo har siddet i skriftestolen
        """,
    Label.DISPUTE: "Jeg har klaget til ankenævnet over din regning",
}


@pytest.mark.parametrize(
    ("label", "said"),
    [(label, line.strip()) for label, lines in MATTERS.items() for line in lines.strip().splitlines()],
)
def test_the_same_words_of_somebodys_own_matter_count(label: Label, said: str) -> None:
    assert label in labels(said)
