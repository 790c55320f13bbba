"""Danish: see :mod:`segl_portal.catalogue`."""

from __future__ import annotations

from typing import Final

from segl_portal.catalogue import Texts

DANISH: Final = Texts(
    language="da",
    other_name="English",
    skip="Gå til indholdet",
    privacy="Sådan behandler vi personoplysninger",
    genuine="Se på adressen i din browser (øverst eller nederst): den skal begynde med {base}. Nogle telefoner "
    "viser den uden https://. Du bliver aldrig bedt om MitID, kortnummer eller dine egne adgangskoder her.",
    landing_title="Du har fået en sikker besked",
    landing_lead="Beskeden kan indeholde personlige oplysninger. Derfor skal vi først være sikre på, at "
    "det er dig.",
    landing_how="Tryk på knappen, så sender vi dig en kode. Den kommer i en ny mail, eller som sms, "
    "hvis det er aftalt.",
    landing_button="Send mig en kode",
    paste_label="Linket fra mailen",
    paste_without_script="Kopiér hele linket fra mailen, og sæt det ind her. Din browser giver ikke siden "
    "lov til selv at læse det.",
    paste_incomplete="Det er ikke hele linket. Kopiér det igen fra mailen: det ender på en lang række "
    "bogstaver og tal.",
    paste_missing="Sidste del af linket mangler. Åbn linket i mailen igen, eller kopiér hele linket og "
    "sæt det ind her.",
    press_again="Tryk på knappen en gang til. Så ved vi, at det er dig, der trykker, og ikke et program.",
    phrase_question="Har du fået et kodeord af afsenderen?",
    phrase_label="Kodeord fra afsenderen",
    phrase_hint="Kun hvis afsenderen har givet dig et. Ellers lader du feltet stå tomt.",
    continue_reading="Du har allerede åbnet beskeden her. Læs videre",
    have_code="Har du fået koden? Skriv den her",
    left_title="Beskeden er lukket",
    left_text="Ingen kan læse den her uden en ny kode. Har du hentet filer, ligger de stadig på denne computer eller "
    "telefon. Vil du læse beskeden igen, så åbn linket i mailen.",
    again_title="Åbn beskeden igen",
    again_text="Der er gået for lang tid, eller beskeden er åbnet i en anden browser. Bed om en ny kode "
    "for at læse videre.",
    code_title="Skriv koden",
    code_lead="Om et øjeblik får du en kode på 8 cifre. Den kommer i en ny mail, eller som sms, hvis det er "
    "aftalt. Koden gælder i {minutes} minutter. Lad siden her stå åben, mens du finder den.",
    code_back="Du har bedt om en kode. Skriv den her. Har du ingen fået, så se nedenfor.",
    reference="Reference",
    reference_hint="Den samme reference skal stå ved koden. Er den en anden, så brug ikke den kode, men bed om en ny.",
    code_label="Kode",
    code_hint="8 cifre",
    code_button="Læs beskeden",
    no_code="Kommer koden ikke?",
    no_code_wait="Den kommer til den mailadresse, som afsenderen har skrevet til. Vent et par minutter, og se i mappen "
    "med uønsket post. Bed så om en ny kode. Har afsenderen givet dig et kodeord, så brug linket nederst: kodeordet "
    "skal være skrevet rigtigt, før koden kommer.",
    no_code_ended="Kommer der stadig ingen, kan beskeden være slettet, fordi fristen er udløbet, "
    "eller fordi afsenderen har trukket den tilbage. Spørg afsenderen.",
    new_code="Send en ny kode",
    error_prefix="Fejl",
    wrong="Koden passer ikke. Brug koden fra den mail eller sms, hvor referencen er {reference}, og skriv den igen.",
    expired="Koden gælder ikke længere. Tryk på »Send en ny kode« nedenfor.",
    too_many="Der er prøvet for mange gange. Bed om en ny kode. Kommer den ikke, så vent en time, og prøv igen. "
    "Hjælper det ikke, så kontakt afsenderen.",
    enough="Du har bedt om mange koder på kort tid. Brug koden fra den mail eller sms, hvor referencen er {reference}; "
    "den kan være forsinket. Virker den ikke, så vent en time, og bed om en ny kode. Hjælper det ikke, så prøv i "
    "morgen.",
    enough_elsewhere="Der er bedt om mange koder til beskeden på kort tid, men ikke her i browseren. Det kan være et "
    "program, der prøver links i mails. Vent en time, og prøv igen. Hjælper det ikke, så prøv i morgen.",
    busy="Siden har for travlt lige nu. Prøv igen om lidt. Hjælper det ikke, så vent en time.",
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
        "signed": "Beskeden er underskrevet digitalt. Underskriften kan kun kontrolleres i den fulde mail (.eml).",
        "shortened": "Beskeden er meget lang, og ikke alt vises her. Hent den som mail for at se resten.",
        "simplified": "Beskedens opsætning kunne ikke vises. Her er kun teksten.",
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
        "film": "Video",
        "program": "Program – åbn det kun, hvis du ved, hvad det er",
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
    keep="Gem beskeden",
    whole_mail="Som mail (.eml, til Outlook og andre mailprogrammer)",
    whole_pdf="Som PDF",
    no_pdf_title="Beskeden kunne ikke gemmes som PDF",
    no_pdf_text="Den er for lang til det, eller der er travlt lige nu. Hent den som mail i stedet, eller prøv igen "
    "om lidt.",
    no_pdf_mail="Hent den som mail",
    back="Tilbage til beskeden",
    leave="Luk beskeden",
    answers="Dine svar",
    answered_at="Sendt {time}",
    answer="Svar",
    answer_to="Dit svar bliver sendt krypteret til {sender}.",
    answer_label="Skriv dit svar",
    answer_files="Vedhæft filer",
    answer_everyone="Send også til de andre modtagere: {others}",
    answer_limits="Højst {files} filer, {size} i alt.",
    answer_remove="Fjern {name}",
    answer_button="Send svar",
    answer_sending="Sender … {percent} %",
    answer_done="Dit svar er sendt.",
    answer_partly="Dit svar er sendt, men ikke til alle: mindst én af adresserne tager ikke imod det. Kontakt "
    "afsenderen på en anden måde, hvis du er i tvivl.",
    answer_late="Svaret blev ikke sendt. Prøv igen: din tekst står her endnu.",
    answer_unsure="Vi ved ikke, om svaret kom frem. Tryk på »Send svar« igen: det kommer ikke to gange.",
    answer_not_sent="Dit svar er ikke sendt",
    answer_files_again="Havde du vedhæftet filer, så vælg dem igen.",
    answer_written="Det, du har skrevet",
    answer_over="Svaret er ikke sendt. Der er gået for lang tid, eller beskeden er slettet. Tryk på »Bed om en ny "
    "kode«. Når du har åbnet beskeden igen, står din tekst der endnu. Har du valgt filer, så vælg dem igen.",
    answer_new_code="Bed om en ny kode",
    answer_not_kept="Din browser kører ingen scripts, så det, du skriver, gemmes ikke undervejs: det er væk, hvis du "
    "henter siden igen eller forlader den. Skriv et langt svar et andet sted, og sæt det ind her.",
    answer_restored="Her er det, du skrev sidst. Det er ikke sendt endnu. Havde du valgt filer, så vælg dem igen.",
    answer_waiting="Svaret er gemt, men ikke sendt endnu.",
    answer_send_again="Send det nu",
    answer_refused={
        "empty": "Skriv noget, eller vedhæft en fil.",
        "text-too-long": "Teksten er for lang. Send noget af den som en fil.",
        "too-many-files": "Det er for mange filer på én gang. Send nogle af dem i et nyt svar.",
        "file-too-large": "{file} er for stor. Fjern den, eller send en mindre udgave.",
        "too-large": "Svaret fylder for meget. Send nogle af filerne i et nyt svar.",
        "file-empty": "{file} er tom. Er billedet stadig på din telefon?",
        "file-refused": "{file} kan ikke sendes, for den slags filer kan indeholde skadelige programmer. Send den som "
        "PDF eller billede.",
        "file-infected": "{file} kan ikke sendes, for viruskontrollen har afvist den. Fjern filen, og send svaret "
        "igen.",
        "not-scanned": "Filer kan ikke kontrolleres for virus lige nu. Prøv igen om lidt, eller send kun tekst.",
        "busy": "Vi kan ikke tage imod lige nu. Svaret er ikke sendt: prøv igen om et øjeblik.",
        "no-space": "Der er ikke plads til svaret lige nu, og det er ikke sendt. Prøv igen senere.",
        "too-soon": "Du har sendt mange svar på kort tid. Prøv igen om en time.",
        "too-slow": "Svaret blev ikke sendt: forbindelsen er for langsom eller gået i stå. Din tekst står her "
        "endnu. Prøv igen, eventuelt med færre filer.",
        "not-sent": "Dit svar er gemt, men det er ikke nået frem endnu. Tryk på »Send det nu« om lidt.",
        "too-many-answers": "Der kan ikke sendes flere svar på denne besked. Kontakt afsenderen.",
        "closed": "Denne besked kan ikke besvares her. Kontakt afsenderen på en anden måde.",
        "gone": "Svaret er ikke sendt. Der er gået for lang tid, eller beskeden er slettet. Kopiér din tekst, åbn "
        "linket i mailen igen, og bed om en ny kode.",
        "mailbox": "Afsenderens postkasse tager ikke imod svaret. Kontakt afsenderen på en anden måde.",
        "bad-form": "Svaret blev ikke sendt, fordi der skete en fejl. Prøv igen.",
        "foreign-form": "Siden har stået åben for længe. Din tekst er her endnu: send den igen.",
        "cut": "Svaret kom ikke helt frem. Prøv igen.",
    },
    revoke_title="Træk beskeden tilbage?",
    revoke_lead="Så kan ingen læse den her mere. Det kan ikke gøres om. Den, der allerede har læst beskeden, kan have "
    "gemt den. De modtagere, der ikke skulle bruge en kode, har den stadig.",
    revoke_sure="Ja, slet beskeden for alle, der skal bruge en kode",
    revoke_unsure="Sæt hak i feltet, hvis beskeden skal trækkes tilbage, og tryk igen.",
    revoke_button="Træk beskeden tilbage",
    revoked_title="Beskeden er trukket tilbage",
    revoked_text="Den er slettet, og ingen kan læse den her mere.",
    not_revoked_title="Intet er trukket tilbage",
    not_revoked_text="Linket passer ikke til en besked, der kan trækkes tilbage. Den kan allerede være "
    "trukket tilbage eller slettet. Åbn linket i kvitteringen igen, eller spørg den, der passer jeres mail.",
    feedback_title="Var din mail følsom?",
    feedback_lead="Den blev sendt sikkert, fordi systemet mente, at den kunne handle om en persons private forhold. "
    "Det, du svarer her, ændrer ikke noget ved mailen; det hjælper med at rette reglerne. Ingen får indholdet at se.",
    feedback_wrong="Dette var ikke følsomt",
    feedback_right="Det var rigtigt at sende den sikkert",
    feedback_button="Send",
    feedback_wrong_title="Tak, det er noteret",
    feedback_wrong_text="Mailen var ikke følsom. Har du trykket forkert, kan du bruge linket i kvitteringen igen.",
    feedback_right_title="Tak, det er noteret",
    feedback_right_text="Det var rigtigt at sende mailen sikkert. Har du trykket forkert, kan du bruge linket i "
    "kvitteringen igen.",
    feedback_fixed_title="Dit svar ligger fast",
    feedback_fixed_text="Svaret om denne mail er ændret flere gange og kan ikke ændres her mere. Det, der står, er: "
    "»{stands}«. Skal det være anderledes, så skriv til {ask}.",
    feedback_unknown_title="Intet er noteret",
    feedback_unknown_text="Linket er ikke helt. Brug det, der står i kvitteringen, eller kopiér hele linket derfra.",
    faults={
        "not-found": (
            "Siden findes ikke",
            "Åbn linket i mailen igen, eller kopiér hele linket ind i browseren.",
        ),
        "not-allowed": ("Det kan ikke lade sig gøre", "Gå tilbage, og prøv igen fra beskedens side."),
        "cookies": (
            "Din browser tillader ikke cookies",
            "Siden bruger kun cookies for at kende din browser, mens du læser. Slå cookies til for denne side, og "
            "åbn linket i mailen igen. Eller kopiér linket, og sæt det ind i en anden browser, for eksempel Safari "
            "eller Chrome: den, der er indbygget i en app til mail, husker ikke altid siden.",
        ),
        "other-site": (
            "Prøv igen fra linket i mailen",
            "Siden har stået åben for længe, eller du kom hertil fra en anden side. Åbn linket i mailen igen.",
        ),
        "too-large": ("Det er for meget", "Send mindre ad gangen: færre eller mindre filer."),
        "too-slow": ("Det tog for lang tid", "Forbindelsen er for langsom lige nu. Prøv igen."),
        "bad-request": ("Noget gik galt", "Åbn linket i mailen igen."),
        "busy": ("Vi kan ikke tage imod lige nu", "Vent et par minutter, og prøv igen."),
        "fault": (
            "Noget gik galt hos os",
            "Det er ikke din fejl. Vent et par minutter, og åbn linket igen.",
        ),
    },
)
