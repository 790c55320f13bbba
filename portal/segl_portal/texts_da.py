"""Danish: see :mod:`segl_portal.catalogue`."""

from __future__ import annotations

from typing import Final

from segl_portal.catalogue import Texts

DANISH: Final = Texts(
    language="da",
    other_name="English",
    skip="Gå til indholdet",
    privacy="Sådan behandler vi personoplysninger",
    genuine="Adressen øverst i din browser skal begynde med {base}. Du bliver aldrig bedt om MitID, kortnummer "
    "eller "
    "adgangskode her.",
    landing_title="Du har fået en sikker besked",
    landing_lead="Beskeden kan indeholde personlige oplysninger. Derfor skal vi først se, at det er dig.",
    landing_how="Tryk på knappen, så sender vi dig en kode. Den kommer i en ny mail til den adresse, hvor du "
    "fik linket.",
    landing_button="Send mig en kode",
    paste_label="Linket fra mailen",
    paste_without_script="Kopiér hele linket fra mailen, og sæt det ind her. Din browser giver ikke siden lov "
    "til selv "
    "at læse det.",
    paste_incomplete="Det er ikke hele linket. Kopiér det igen fra mailen: det ender på en lang række bogstaver "
    "og tal.",
    paste_missing="Sidste del af linket mangler. Åbn linket i mailen igen, eller kopiér hele linket og sæt det "
    "ind her.",
    phrase_question="Har du fået et kodeord af afsenderen?",
    phrase_label="Kodeord fra afsenderen",
    phrase_hint="Kun hvis afsenderen har givet dig et. Ellers lader du feltet stå tomt.",
    continue_reading="Du har allerede åbnet beskeden her. Læs videre",
    left_title="Beskeden er lukket",
    left_text="Ingen kan læse den på denne enhed uden en ny kode. Vil du læse den igen, så åbn linket i mailen.",
    again_title="Åbn beskeden igen",
    again_text="Der er gået for lang tid, eller beskeden er åbnet i en anden browser. Bed om en ny kode for at "
    "læse "
    "videre.",
    code_title="Skriv koden fra mailen",
    code_lead="Om et øjeblik får du en ny mail med en kode på 8 cifre. Er det aftalt, kommer den som sms. Koden "
    "gælder "
    "i {minutes} minutter.",
    reference="Reference",
    reference_hint="Den samme reference skal stå ved koden. Ellers hører koden ikke til her.",
    code_label="Kode",
    code_hint="8 cifre",
    code_button="Læs beskeden",
    no_code="Kommer koden ikke?",
    no_code_wait="Vent et par minutter, og se i mappen med uønsket post. Bed så om en ny kode.",
    no_code_ended="Kommer der stadig ingen, kan beskeden være slettet, fordi fristen er gået eller afsenderen "
    "har trukket "
    "den tilbage. Spørg afsenderen.",
    new_code="Send en ny kode",
    error_prefix="Fejl",
    wrong="Koden passer ikke. Se efter i mailen, og skriv den igen.",
    expired="Koden gælder ikke længere. Bed om en ny.",
    too_many="Der er prøvet for mange gange. Vent lidt, og bed så om en ny kode.",
    busy="Vi kan ikke tage imod lige nu. Prøv igen om et øjeblik.",
    from_="Fra",
    to="Til",
    copy="Kopi",
    sent="Sendt",
    no_subject="Besked uden emne",
    body="Beskedens tekst",
    quoted="Vis tidligere tekst",
    file_name="sikker besked",
    body_empty="Beskeden har ingen tekst.",
    more_addresses="og {count} til",
    remote_blocked="Billeder fra internettet vises ikke, for så ville andre kunne se, at du læser beskeden.",
    notes={
        "encrypted": "Afsenderen har krypteret beskeden til dig. Hent den som mail, og åbn den i dit mailprogram.",
        "signed": "Beskeden er underskrevet digitalt. Underskriften kan kun kontrolleres i den hele mail (.eml).",
        "shortened": "Beskeden er meget lang, og ikke alt vises her. Hent den som mail for at se resten.",
        "simplified": "Beskedens opsætning kunne ikke vises. Her er dens ord.",
        "truncated": "Beskeden har flere dele, end der vises her. Hent den som mail for at se dem alle.",
    },
    kinds={
        "pdf": "PDF",
        "picture": "Billede",
        "document": "Dokument",
        "sheet": "Regneark",
        "slides": "Præsentation",
        "archive": "Pakket fil",
        "text": "Tekst",
        "message": "Mail",
        "calendar": "Kalenderaftale",
        "contact": "Kontakt",
        "sound": "Lyd",
        "film": "Film",
        "program": "Program – åbn det kun, hvis du venter det",
        "signature": "Digital underskrift",
        "encrypted": "Krypteret fil",
        "other": "Fil",
    },
    readable_until="Du kan læse beskeden til og med {day}. Derefter bliver den slettet.",
    files="Vedhæftede filer",
    open_preview="Vis",
    download="Hent",
    preview_of="Visning af {name}",
    preview_page="Side {page}",
    back_to_message="Tilbage til beskeden",
    keep="Gem beskeden",
    whole_mail="Som mail (.eml)",
    whole_pdf="Som PDF",
    leave="Luk beskeden",
    answers="Dine svar",
    answered_at="Sendt {time}",
    answer="Svar",
    answer_to="Dit svar går sikkert til {sender}.",
    answer_label="Skriv dit svar",
    answer_files="Vedhæft filer",
    answer_everyone="Send også til de andre modtagere: {others}",
    answer_limits="Højst {files} filer, {size} i alt.",
    answer_remove="Fjern {name}",
    answer_button="Send svar",
    answer_sending="Sender … {percent} %",
    answer_done="Dit svar er sendt.",
    answer_late="Svaret blev ikke sendt. Prøv igen: din tekst står her endnu.",
    answer_waiting="Svaret er gemt, men ikke sendt endnu.",
    answer_send_again="Send det nu",
    answer_refused={
        "empty": "Skriv noget, eller vedhæft en fil.",
        "text-too-long": "Teksten er for lang. Send noget af den som en fil.",
        "too-many-files": "Det er for mange filer på én gang. Send nogle af dem i et nyt svar.",
        "file-too-large": "{file} er for stor.",
        "too-large": "Det er for meget på én gang. Send noget af det i et nyt svar.",
        "file-empty": "{file} er tom. Er billedet stadig på din telefon?",
        "file-refused": "{file} kan ikke sendes, for den slags filer kan indeholde programmer.",
        "file-infected": "{file} kan ikke sendes: virusscanneren siger nej til den.",
        "not-scanned": "Filer kan ikke kontrolleres for virus lige nu. Prøv igen om lidt, eller send kun tekst.",
        "busy": "Vi kan ikke tage imod lige nu. Prøv igen om et øjeblik.",
        "no-space": "Der er ikke plads til svaret lige nu. Prøv igen senere.",
        "too-soon": "Du har sendt mange svar på kort tid. Prøv igen om en time.",
        "too-slow": "Forbindelsen er for langsom lige nu. Prøv igen, eventuelt med færre filer.",
        "not-sent": "Dit svar er gemt, men ikke nået frem endnu. Prøv at sende det igen om lidt.",
        "too-many-answers": "Der kan ikke sendes flere svar på denne besked. Kontakt afsenderen.",
        "closed": "Denne besked kan ikke besvares her.",
        "gone": "Beskeden er her ikke mere, så svaret kan ikke sendes.",
        "mailbox": "Afsenderens postkasse tager ikke imod. Kontakt afsenderen på anden måde.",
        "bad-form": "Svaret kunne ikke forstås. Prøv igen.",
        "foreign-form": "Siden har stået åben for længe. Din tekst er her endnu: send den igen.",
        "cut": "Svaret kom ikke helt frem. Prøv igen.",
    },
    revoke_title="Træk beskeden tilbage?",
    revoke_lead="Så kan ingen af modtagerne læse den mere. Det kan ikke gøres om. Den, der allerede har læst "
    "beskeden, kan "
    "have gemt den.",
    revoke_button="Træk beskeden tilbage",
    revoked_title="Beskeden er trukket tilbage",
    revoked_text="Den er slettet, og ingen kan læse den her mere.",
    not_revoked_title="Intet er trukket tilbage",
    not_revoked_text="Linket passer ikke til en besked, der kan trækkes tilbage. Den kan være slettet allerede. "
    "Åbn linket "
    "i kvitteringen igen, eller spørg den, der passer jeres mail.",
    faults={
        "not-found": (
            "Siden findes ikke",
            "Åbn linket i mailen igen, eller kopiér hele linket ind i browseren.",
        ),
        "not-allowed": ("Det kan ikke lade sig gøre", "Gå tilbage, og prøv igen fra beskedens side."),
        "cookies": (
            "Din browser må ikke gemme cookies",
            "Siden bruger én cookie for at kende din browser, mens du læser. Giv lov til cookies for denne "
            "side, og "
            "åbn linket i mailen igen.",
        ),
        "other-site": (
            "Prøv igen fra linket i mailen",
            "Siden har stået åben for længe, eller ønsket kom ikke fra denne side. Åbn linket i mailen igen.",
        ),
        "too-large": ("Det er for meget", "Send mindre ad gangen: færre eller mindre filer."),
        "too-slow": ("Det tog for lang tid", "Forbindelsen er for langsom lige nu. Prøv igen."),
        "bad-request": ("Det kunne ikke forstås", "Åbn linket i mailen igen."),
        "busy": ("Vi kan ikke tage imod lige nu", "Prøv igen om et øjeblik. Din besked er her stadig."),
        "fault": (
            "Noget gik galt hos os",
            "Det er ikke din fejl. Prøv igen om et øjeblik. Din besked er her stadig.",
        ),
    },
)
