"""What is written in a language that neither the model nor the rules read does not pass for harmless."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from corpus import growth
from keyword_model import KeywordModel
from segl.settings.detection import Detection
from segl.vocabulary import Decision, Label, Tongue, Verdict
from segl_classifier.classify import classify
from segl_classifier.decide import Strictness
from segl_classifier.rules import shipped_rules
from segl_classifier.tongues import unread_language
from segl_classifier.tongues.foreign import FREQUENT, LETTERS

# "She is ill with cancer and has been at the psychiatric hospital since March. She does not want her children to know."
LETTERS_HOME = {
    Tongue.FAROESE: "Hon hevur krabbamein og hevur ligið á psykiatriska sjúkrahúsinum síðan mars. "
    "Hon vil ikki, at børnini skulu vita tað.",
    Tongue.ICELANDIC: "Hún er með krabbamein og hefur verið á geðdeild síðan í mars. "
    "Hún vill ekki að börnin fái að vita það.",
    Tongue.GREENLANDIC: "Kræfteqarpoq aammalu martsimiit tarnikkut napparsimasunut napparsimmavimmiippoq. "
    "Meeqqani tamatuminnga ilisimatinneqarnissaat kissaatiginngilaa.",
    Tongue.FINNISH: "Hänellä on syöpä, ja hän on ollut psykiatrisessa sairaalassa maaliskuusta asti. "
    "Hän ei halua, että lapset saavat tietää siitä.",
    Tongue.ESTONIAN: "Tal on vähk ja ta on märtsist saati psühhiaatriahaiglas. Ta ei taha, et lapsed seda teaksid, "
    "sest nad on veel väga väikesed.",
    Tongue.LATVIAN: "Viņai ir vēzis, un kopš marta viņa ir psihiatriskajā slimnīcā. "
    "Viņa nevēlas, lai bērni par to uzzinātu.",
    Tongue.LITHUANIAN: "Ji serga vėžiu ir nuo kovo mėnesio guli psichiatrijos ligoninėje. "
    "Ji nenori, kad vaikai apie tai sužinotų.",
    Tongue.POLISH: "Ma raka i od marca jest w szpitalu psychiatrycznym. Nie chce, żeby dzieci się o tym dowiedziały.",
    Tongue.CZECH: "Má rakovinu a od března je v psychiatrické nemocnici. Nechce, aby se to děti dozvěděly.",
    Tongue.SLOVAK: "Má rakovinu a od marca je v psychiatrickej nemocnici. Nechce, aby sa to deti dozvedeli, "
    "pretože sú ešte malé.",
    Tongue.BOSNIAN_CROATIAN_SERBIAN: "Ima rak i od ožujka je u psihijatrijskoj bolnici. "
    "Ne želi da djeca to saznaju jer su još mala.",
    Tongue.ALBANIAN: "Ajo ka kancer dhe që nga marsi është në spitalin psikiatrik. "
    "Ajo nuk dëshiron që fëmijët ta dinë këtë.",
    Tongue.ROMANIAN: "Are cancer și este din martie la spitalul de psihiatrie. Nu vrea ca să afle copiii despre asta.",
    Tongue.HUNGARIAN: "Rákos, és március óta a pszichiátriai kórházban van. Nem akarja, hogy a gyerekek megtudják.",
    Tongue.TURKISH: "Hastanız Mehmet Yılmaz kanser tanısı aldı ve psikiyatri bölümünde yatıyor.",
    Tongue.KURDISH: "Penceşêra wê heye û ew ji meha Adarê ve li nexweşxaneya derûnî ye. "
    "Ew naxwaze ku zarokên wê pê bizanin.",
    Tongue.SOMALI: "Waxay qabtaa kansar, waxayna ku jirtaa isbitaalka dadka waalan ilaa bisha Maarso. "
    "Ma doonayso in carruurteedu ogaadaan.",
    Tongue.VIETNAMESE: "Chị ấy bị ung thư và đang nằm ở bệnh viện tâm thần từ tháng ba.",
    Tongue.TAGALOG: "May kanser siya at nasa ospital ng mga may sakit sa isip mula noong Marso. "
    "Ayaw niyang malaman ito ng mga bata.",
    Tongue.DUTCH: "Zij heeft kanker en ligt sinds maart in het psychiatrisch ziekenhuis. "
    "Zij wil niet dat de kinderen het weten.",
    Tongue.FRENCH: "Elle a un cancer et se trouve depuis mars à l’hôpital psychiatrique. "
    "Elle ne veut pas que les enfants le sachent.",
    Tongue.SPANISH: "Tiene cáncer y está desde marzo en el hospital psiquiátrico. No quiere que los niños lo sepan.",
    Tongue.PORTUGUESE: "Ela tem cancro e está desde março no hospital psiquiátrico. "
    "Não quer que as crianças saibam.",
    Tongue.ITALIAN: "Ha un tumore e da marzo si trova nel reparto di psichiatria. Non vuole che i bambini lo sappiano.",
}
# Of hardly a word that is in a list: told by their letters, and by how they look.
UNLISTED = {
    Tongue.POLISH: "Marskość wątroby, żółtaczka, wrzody żołądka, zapalenie przełyku, ciąża pozamaciczna.",
    Tongue.GREENLANDIC: "Napparsimavimmiippoq, nakorsamit misissortinneqarpoq, aqaguliussaq pilatsinneqassaaq.",
    Tongue.FINNISH: "Munuaissyöpä etäpesäkkeineen, sydämen vajaatoiminta, lääkärin määräämä särkylääkitys.",
}
USUAL = Strictness()
DANISH = "Hej Ida\n\nHer er brevet fra sygehuset, som jeg har fået i dag.\n\n{}\n\nVenlig hilsen\nBo"


def judged(body: str, subject: str = "Info", file: str = "", strictness: Strictness = USUAL) -> Verdict:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Bo <bo@by.example>", "ida@by.example", subject
    message.set_content(body)
    if file:
        message.add_attachment(file, filename="brev.txt")
    return classify(message.as_bytes(), shipped_rules(), model=KeywordModel({}), strictness=strictness)


@pytest.mark.parametrize(("tongue", "letter"), LETTERS_HOME.items(), ids=LETTERS_HOME)
@pytest.mark.parametrize("form", ["{}", DANISH])
def test_two_sentences_in_another_language_are_told_of(form: str, letter: str, tongue: Tongue) -> None:
    assert unread_language(form.format(letter)) is tongue


@pytest.mark.parametrize(("tongue", "letter"), UNLISTED.items(), ids=UNLISTED)
@pytest.mark.parametrize("form", ["{}", DANISH])
def test_so_are_words_that_only_look_like_it(form: str, letter: str, tongue: Tongue) -> None:
    assert unread_language(form.format(letter)) is tongue


NEARLY_STANDING = {
    "a date and a time in more than a line": "Pani Anna ma w dniu 3 listopada 2026 o godzinie 10:30 wizytę u "
    "psychiatry, a jej córka nie może o tym wiedzieć, więc proszę, żeby nikt do niej nie dzwonił w tej sprawie.",
    "a message to somebody": "Elle ne veut pas que ce message soit lu par les enfants, mais par le destinataire seul.",
    "a message that is secret": "Elle a un cancer, et ce message est confidentiel, car les enfants ne le savent pas.",
    "a secret of somebody": "Elle a un cancer, et cela reste confidentiel entre le destinataire et nous, sans eux.",
    "a letter of all three": "Ce message est confidentiel et destiné au destinataire. "
    + "Elle a un cancer et se trouve depuis mars à l'hôpital, et ne veut pas que les enfants le sachent. "
    * 9,
    "paper alone": "Elle a un cancer, il ne faut donc pas imprimer la lettre pour les enfants.",
    "surroundings alone": "Elle a un cancer et vit dans un environnement difficile avec les enfants.",
}


@pytest.mark.parametrize("letter", NEARLY_STANDING.values(), ids=NEARLY_STANDING)
def test_a_letter_is_none_of_what_programs_write(letter: str) -> None:
    assert unread_language(letter) in (Tongue.FRENCH, Tongue.POLISH)


def test_they_go_securely_as_unread() -> None:
    verdict = judged(DANISH.format(LETTERS_HOME[Tongue.TURKISH]))
    assert verdict.decision is Decision.SECURE
    assert verdict.reasons == ("unreadable.unknown-language",)
    unread = [finding.excerpt for finding in verdict.findings if finding.is_unreadable]
    assert unread == ["turkish"]  # its name, and none of its words


def test_in_a_file_too() -> None:
    verdict = judged("Se her.", file=LETTERS_HOME[Tongue.POLISH])
    assert verdict.reasons == ("unreadable.unknown-language",)


def test_in_capitals_and_broken_into_lines_too() -> None:
    letter = LETTERS_HOME[Tongue.FRENCH]
    assert unread_language(letter.upper()) is Tongue.FRENCH
    assert unread_language(letter.replace(" ", "\n", 7).replace("\n", " ", 5)) is Tongue.FRENCH
    assert unread_language("> " + letter.replace(". ", ".\n> ")) is Tongue.FRENCH


@pytest.mark.parametrize(
    ("languages", "decision"),
    [
        (["turkish"], Decision.PLAIN),
        (["french", "all"], Decision.PLAIN),
        (["french"], Decision.SECURE),
        ([], Decision.SECURE),
    ],
)
def test_a_house_may_take_languages_for_read(languages: list[str], decision: Decision) -> None:
    strictness = Strictness.of(Detection(languages_read=tuple(languages)))  # type: ignore[arg-type]
    verdict = judged(LETTERS_HOME[Tongue.TURKISH], strictness=strictness)
    assert verdict.decision is decision
    unread = [finding for finding in verdict.findings if finding.is_unreadable]
    assert bool(unread) is (decision is Decision.SECURE)


def test_where_faroese_is_taken_for_read_words_decide() -> None:
    strictness = Strictness.of(Detection(languages_read=(Tongue.FAROESE,)))
    assert judged(LETTERS_HOME[Tongue.FAROESE], strictness=strictness).labels == (Label.HEALTH,)
    harmless = (
        "Fundurin er fluttur til hósdagin, og hann byrjar klokkan 10. Sigið frá, um tit ikki kunnu koma."
    )
    assert judged(harmless, strictness=strictness).decision is Decision.PLAIN


HARMLESS = {
    "names": "Hej\n\nMødet er med Łukasz Żak, Ayşe Yılmaz, Nguyễn Thị Lan, François Lefèvre, José Muñoz, "
    "Þórður Sigurðsson, Jógvan í Løðum og Šarūnas Kazlauskas.\n\nHilsen\nBo",
    "names below one another": "Łukasz Żak\nAyşe Yılmaz\nNguyễn Thị Lan\nJosé Muñoz de la Fuente\nŠarūnas Kazlauskas",
    "addresses": "ul. Długa 5, 00-001 Warszawa\n12 rue de la Paix, 75002 Paris\nCalle de los Reyes 4, 28015 Madrid\n"
    "Via del Corso 7, 00186 Roma\nAvenida da Liberdade 9, 1250 Lisboa\nR.C. Bryggjubakki 2, FO-100 Tórshavn",
    "places": "Vi rejser til São Paulo, Zürich, Łódź, Tórshavn, Kraków og Île de la Cité, og til Côte d'Azur og "
    "Costa del Sol, hvis der er tid.",
    "a menu": "Menu\nSoupe à l'oignon\nCoq au vin\nBœuf bourguignon\nMoules marinières\nCrème brûlée\nTarte tatin\n"
    "Pain au chocolat\nVin de pays d'Oc\nPommes frites med aioli og salat",
    "another menu": "Menu\nPizza quattro stagioni\nSpaghetti alla carbonara\nPenne all'arrabbiata\nVitello tonnato\n"
    "Saltimbocca alla romana\nPanna cotta\nTiramisù della casa",
    "a title": "Vi skal se »La vita è bella« og »Les parapluies de Cherbourg« i filmklubben, og læse »El amor en los "
    "tiempos del cólera« til næste gang.",
    "a quotation": "Som Pascal skrev: »Le cœur a ses raisons que la raison ne connaît point.« Det synes jeg, vi skal "
    "huske, når vi taler om det her på mødet.",
    "a greeting": "Bonjour Marie\n\nThe invoice is attached.\n\nCordialement / Best regards\nBo",
    "a Greenlandic greeting": "Hej Aviaja\n\nTak for sidst. Referatet er vedhæftet.\n\n"
    "Inussiarnersumik inuulluaqqusillunga / Med venlig hilsen\nBo",
    "a Faroese greeting": "Hej Jógvan\n\nTak for sidst.\n\nVinarliga heilsan\nBo\nFøroya Tele, Tórshavn",
    "a few words": "Vi siger muchas gracias og hasta la vista til Carlos på fredag klokken 14 i kantinen.",
    "Latin": "Rosa canina\nDe gustibus non est disputandum\nHomo homini lupus est\n"
    "Quod erat demonstrandum\nCogito ergo sum, ad astra per aspera",
    "text that stands in for text": "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor "
    "incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris.",
    "such text above a line of a menu": "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do. Ut enim "
    "ad minim veniam, quis nostrud exercitation ullamco laboris. Duis aute irure dolor in reprehenderit in voluptate "
    "velit esse.\nMiddag pour les dames.",
    "terms of a surgery": "Fundus uteri, ductus cysticus, arteria carotis interna et externa, musculus latissimus",
    "a program": "def main(args):\n    for el in args.les:\n        qlist = (qcount, qsort(el))\n        print(el)\n"
    "SELECT nom, prenom FROM les_clients WHERE est_actif = 1;\nimport java.util.List;",
    "links": "Se https://www.service-public.fr/particuliers/vosdroits/pour-les-enfants-et-les-parents og "
    "https://es.wikipedia.org/wiki/El_nombre_de_la_rosa og kontakt: une.personne@pour.les.fr",
    "goods": "Skruer 4x40, beslag, hængsler, sømplader, rawlplugs, gipsskruer, afstandslister, fodlister, fugemasse, "
    "vindspærre, dampspærre, tagpap, underpap, undertag, spærfødder, murbindere",
    "what words mean": "På italiensk hedder det »buongiorno«, på spansk »buenos días« og på polsk »dzień dobry«.",
    "a menu of languages": "Dansk | English | Føroyskt | Kalaallisut | Français | Español | Polski | Türkçe | Română",
    "a disclaimer": "Dear Bo\n\nThe meeting is on Thursday.\n\nBest regards\nAnne Petit\n\n"
    "Ce message et ses pièces jointes sont confidentiels et destinés exclusivement à leurs destinataires. Si vous "
    "avez reçu ce message\npar erreur, merci de le détruire et d'en avertir l'expéditeur.\n\n"
    "Pensez à l'environnement avant d'imprimer ce message.",
    "to spare paper, in each of three mails": "Hi Bo\n\nThursday is fine.\n\n"
    + "Pensez à l'environnement avant d'imprimer ce message, et ne le faites que pour les dossiers.\n\n" * 3,
    "what is above quoted mail": "Hi Bo\n\nThursday is fine.\n\n"
    "W dniu poniedziałek, 3 listopada 2026 10:02 Bo Hansen napisał:\n> Is Thursday fine?\n>\n"
    "> W dniu wtorek, 28 października 2026 10:02 Anna Lis napisała:\n>> When do we meet?\n"
    "Le lun. 3 nov. 2026 à 10:02, Anna Petit <a@b.example> a écrit :\n>>> Hello",
    "dialects and old forms": "Æ ska te æ by i mården, å så ka vi snak om et. Jeg har eder kær, thi I ere mine venner. "
    "Eg kjem heim til dykk i morgon, og då tek me ein kopp kaffi. Moin, ick kom morgen to di.",
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_names_titles_menus_and_what_programs_write_are_no_text_in_another_language(text: str) -> None:
    assert unread_language(text) is None


def test_what_a_disclaimer_hides_nothing_of() -> None:
    letter = LETTERS_HOME[Tongue.FRENCH] + "\n\n" + HARMLESS["a disclaimer"]
    assert unread_language(letter) is Tongue.FRENCH


def test_each_language_has_words_that_tell_it() -> None:
    assert set(FREQUENT) == set(Tongue)
    assert set(LETTERS) <= set(Tongue)


def test_long_texts_take_time_in_proportion() -> None:
    growth.of_many("les vélos sont à l'école, ż q ", unread_language)
    growth.of_many("hvad er der på les pour dans \n", unread_language)
