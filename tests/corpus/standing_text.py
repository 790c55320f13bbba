"""What hangs below, or stands above, each mail of an organisation, as banks, lawyers, municipalities, hospitals and
mail programs write it in Denmark and around it. With it, in each language, a mail about nobody and one about
somebody."""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """How a letter begins and ends, a line about nobody, one on somebody's illness, and that as the end of another."""

    opening: str
    closing: str
    plain: str
    ill: str
    because_ill: str


DANISH = Language(
    "Hej Bo",
    "Venlig hilsen",
    "Fakturaen er sendt i dag, beløbet er 4.200 kr.",
    "Din søster Karen Holm er i går indlagt på psykiatrisk afdeling efter et selvmordsforsøg.",
    "fordi Karen Holm er indlagt på psykiatrisk afdeling efter et selvmordsforsøg",
)
NORWEGIAN = Language(
    "Hei Bo",
    "Vennlig hilsen",
    "Fakturaen er sendt i dag, beløpet er 4.200 kr.",
    "Din søster Karen Holm ble i går innlagt på psykiatrisk avdeling etter et selvmordsforsøk.",
    "fordi Karen Holm er innlagt på psykiatrisk avdeling etter et selvmordsforsøk",
)
NYNORSK = Language(
    "Hei Bo",
    "Venleg helsing",
    "Fakturaen er send i dag, beløpet er 4.200 kr.",
    "Søster di Karen Holm vart i går innlagd på psykiatrisk avdeling etter eit sjølvmordsforsøk.",
    "fordi Karen Holm er innlagd på psykiatrisk avdeling etter eit sjølvmordsforsøk",
)
SWEDISH = Language(
    "Hej Bo",
    "Med vänlig hälsning",
    "Fakturan är skickad i dag, beloppet är 4 200 kr.",
    "Din syster Karen Holm blev i går inlagd på psykiatrisk avdelning efter ett självmordsförsök.",
    "eftersom Karen Holm är inlagd på psykiatrisk avdelning efter ett självmordsförsök",
)
GERMAN = Language(
    "Hallo Bo",
    "Mit freundlichen Grüßen",
    "Die Rechnung über 4.200 kr. ist heute verschickt worden.",
    "Ihre Schwester Karen Holm wurde gestern nach einem Suizidversuch in die Psychiatrie eingewiesen.",
    "weil Karen Holm nach einem Suizidversuch in der Psychiatrie ist",
)
ENGLISH = Language(
    "Hi Bo",
    "Kind regards",
    "The invoice for 4,200 kr. was sent today.",
    "Your sister Karen Holm was admitted to the psychiatric ward yesterday after a suicide attempt.",
    "because Karen Holm is in a psychiatric ward after a suicide attempt",
)

# What it says, with the language of the mails it hangs below.
BELOW = {
    "Norwegian auditor": (
        NORWEGIAN,
        "Denne e-posten kan inneholde konfidensiell informasjon. Er du ikke tiltenkt mottaker, ber vi deg gi "
        "avsender beskjed og slette meldingen. Les i vår personvernerklæring hvordan vi behandler dine "
        "personopplysninger.",
    ),
    "Norwegian bank": (
        NORWEGIAN,
        "Denne e-posten og eventuelle vedlegg er konfidensiell og kun ment for den tiltenkte mottakeren. Dersom du "
        "har mottatt e-posten ved en feil, vennligst gi beskjed til avsender og slett e-posten. Banken ber aldri om "
        "kortnummer eller passord på e-post.",
    ),
    "Norwegian lawyer": (
        NORWEGIAN,
        "Innholdet i denne e-posten er underlagt advokaters taushetsplikt og er kun beregnet på adressaten. Har du "
        "mottatt den ved en feiltakelse, ber vi om at du sletter meldingen og varsler avsender. Enhver bruk, "
        "kopiering eller videreformidling er forbudt.",
    ),
    "Norwegian municipality": (
        NORWEGIAN,
        "E-post til og fra kommunen kan bli journalført og er i utgangspunktet offentlig, jf. offentleglova. Send "
        "ikke sensitive personopplysninger på e-post; bruk eDialog. Les om personvern på kommunens hjemmeside.",
    ),
    "Norwegian hospital": (
        NORWEGIAN,
        "Denne meldingen er kun ment for mottakeren og kan inneholde taushetsbelagte opplysninger. Helseforetaket "
        "ønsker ikke å motta pasientopplysninger på e-post. Hvis du ikke er rett mottaker, vennligst slett e-posten.",
    ),
    "municipality in Nynorsk": (
        NYNORSK,
        "Denne e-posten kan innehalde konfidensiell informasjon. Er du ikkje rett mottakar, ber vi deg gi avsendaren "
        "beskjed og slette meldinga. Ikkje send sensitive personopplysningar på e-post. Les korleis vi behandlar "
        "personopplysningane dine i personvernerklæringa vår.",
    ),
    "Swedish bank": (
        SWEDISH,
        "Detta meddelande och eventuella bilagor är konfidentiella och endast avsedda för den angivna mottagaren. Om "
        "du har fått meddelandet av misstag, vänligen kontakta avsändaren och radera meddelandet. Banken frågar "
        "aldrig efter dina koder via e-post.",
    ),
    "Swedish lawyer": (
        SWEDISH,
        "Detta e-postmeddelande kan innehålla sekretessbelagd information som omfattas av advokaters tystnadsplikt. "
        "Om du inte är rätt mottagare ber vi dig att omgående meddela oss och förstöra meddelandet. Obehörig "
        "kopiering eller spridning är förbjuden.",
    ),
    "Swedish municipality": (
        SWEDISH,
        "När du skickar e-post till kommunen behandlas dina personuppgifter enligt dataskyddsförordningen (GDPR). "
        "E-post till kommunen är normalt allmän handling. Läs mer om hur vi behandlar personuppgifter på vår "
        "webbplats.",
    ),
    "Swedish region": (
        SWEDISH,
        "Skicka inte känsliga personuppgifter med e-post. Meddelandet kan innehålla uppgifter som omfattas av "
        "sekretess enligt offentlighets- och sekretesslagen. Har du fått det av misstag, radera det och meddela "
        "avsändaren.",
    ),
    "Swedish on paper": (
        SWEDISH,
        "Tänk på miljön innan du skriver ut detta mejl. Vi värnar om din integritet, läs vår integritetspolicy.",
    ),
    "German bank": (
        GERMAN,
        "Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie nicht der richtige "
        "Adressat sind oder diese E-Mail irrtümlich erhalten haben, informieren Sie bitte sofort den Absender und "
        "vernichten Sie diese Mail. Das unerlaubte Kopieren sowie die unbefugte Weitergabe dieser Mail ist nicht "
        "gestattet.",
    ),
    "German lawyer": (
        GERMAN,
        "Der Inhalt dieser Nachricht unterliegt der anwaltlichen Schweigepflicht und ist ausschließlich für den "
        "bezeichneten Adressaten bestimmt. Jede Form der unautorisierten Nutzung, Veröffentlichung, Vervielfältigung "
        "oder Weitergabe ist unzulässig. Sollten Sie nicht der vorgesehene Adressat sein, setzen Sie sich bitte mit "
        "uns in Verbindung.",
    ),
    "German on personal data": (
        GERMAN,
        "Informationen zur Verarbeitung Ihrer personenbezogenen Daten nach Art. 13 DSGVO finden Sie in unserer "
        "Datenschutzerklärung. Bitte prüfen Sie der Umwelt zuliebe, ob diese E-Mail ausgedruckt werden muss.",
    ),
    "German clinic": (
        GERMAN,
        "Diese Nachricht kann Informationen enthalten, die der ärztlichen Schweigepflicht unterliegen. Falls Sie "
        "nicht der beabsichtigte Empfänger sind, löschen Sie diese Nachricht bitte und informieren Sie die Klinik. "
        "Patientendaten sollten nicht per E-Mail versandt werden. Diese E-Mail wurde auf Viren geprüft.",
    ),
    "English bank": (
        ENGLISH,
        "This email and any files transmitted with it are confidential and intended solely for the use of the "
        "individual or entity to whom they are addressed. If you have received this email in error please notify the "
        "system manager. The bank will never ask you for your password by email. The bank is authorised and "
        "regulated by the Financial Supervisory Authority.",
    ),
    "English lawyer": (
        ENGLISH,
        "This communication is privileged and confidential and may be protected by attorney-client privilege. If you "
        "are not the intended recipient, any disclosure, copying, distribution or reliance on its contents is "
        "strictly prohibited. Please notify us immediately and permanently delete this message.",
    ),
    "English hospital": (
        ENGLISH,
        "The information contained in this message may include protected health information and is intended only for "
        "the addressee. If you are not the intended recipient, you must not copy, disclose or act upon it. Please do "
        "not send patient identifiable information to this address. If received in error, please contact the sender "
        "and destroy all copies.",
    ),
    "English council": (
        ENGLISH,
        "Emails sent to or from the council may be recorded or monitored and may be disclosed under the Freedom of "
        "Information Act 2000. For information about how we process your personal data, see our privacy notice. The "
        "views expressed are those of the author and not necessarily those of the council.",
    ),
    "English on viruses": (
        ENGLISH,
        "This message has been scanned for viruses and dangerous content by MailScanner and is believed to be clean. "
        "The recipient should check this email and any attachments for the presence of viruses. The company accepts "
        "no liability for any damage caused by any virus transmitted by this email.",
    ),
    "Danish on viruses": (
        DANISH,
        "Denne e-mail er blevet kontrolleret for virus af Avast antivirus-software. www.avast.com",
    ),
    "English on paper": (
        ENGLISH,
        "Please consider the environment before printing this email.",
    ),
    "Danish municipality": (
        DANISH,
        "Kommunen behandler personoplysninger om dig. Du kan læse mere om, hvordan vi behandler dine oplysninger, på "
        "vores hjemmeside. Send ikke følsomme eller fortrolige oplysninger i en almindelig mail; brug Digital Post "
        "via borger.dk.",
    ),
    "Danish lawyer": (
        DANISH,
        "Denne e-mail indeholder fortrolig information og er omfattet af advokaters tavshedspligt. Er du ikke rette "
        "modtager, må du ikke videregive, kopiere eller anvende indholdet. Giv os venligst besked, og slet e-mailen. "
        "Du kan læse om vores forretningsbetingelser og behandling af personoplysninger på vores hjemmeside.",
    ),
    "Danish hospital": (
        DANISH,
        "Denne e-mail kan indeholde oplysninger, der er omfattet af tavshedspligt. Hvis du ved en fejl har modtaget "
        "mailen, skal du slette den og underrette afsenderen. Patientoplysninger må ikke sendes i almindelig mail. "
        "Pas på miljøet: udskriv kun, hvis det er nødvendigt.",
    ),
}

# What mail programs put above a mail from elsewhere.
ABOVE = {
    "English banner": (
        ENGLISH,
        "EXTERNAL EMAIL: This email originated from outside of the organization. Do not click links or open "
        "attachments unless you recognize the sender and know the content is safe.",
    ),
    "English caution": (
        ENGLISH,
        "CAUTION: This message comes from an external sender. Verify the sender before you disclose any personal or "
        "confidential information.",
    ),
    "Danish banner": (
        DANISH,
        "EKSTERN MAIL: Denne mail kommer fra en afsender uden for organisationen. Klik ikke på links, og åbn ikke "
        "vedhæftede filer, medmindre du kender afsenderen og ved, at indholdet er sikkert.",
    ),
    "Danish on a new sender": (
        DANISH,
        "Du får ikke ofte mails fra mette@nordby.example. Få mere at vide om, hvorfor dette er vigtigt",
    ),
    "German banner": (
        GERMAN,
        "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Bitte öffnen Sie keine Anhänge oder Links, wenn "
        "Sie den Absender nicht kennen.",
    ),
    "Swedish banner": (
        SWEDISH,
        "VARNING: Detta mejl kommer från en extern avsändare. Klicka inte på länkar och öppna inte bilagor om du "
        "inte känner igen avsändaren.",
    ),
    "Norwegian banner": (
        NORWEGIAN,
        "EKSTERN E-POST: Denne e-posten er sendt fra en avsender utenfor organisasjonen. Ikke klikk på lenker eller "
        "åpne vedlegg med mindre du kjenner avsenderen.",
    ),
}
