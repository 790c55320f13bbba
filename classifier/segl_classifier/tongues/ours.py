"""Words that are no sign of a language nobody here reads: those of the five that are read, and Latin."""

from __future__ import annotations

from typing import Final

# Of the five languages that are read; most of a line in one of them is of these.
OURS: Final = (
    "a aber about af after all alla alle allt als also alt am an and anden andet andre any are as at att auch auf aus "
    "av bara bare be been before bei beim berre best between bis bitte ble blev blevet blir bliver but by både ca can "
    "could da dag danke dann das dass daß de dear deg dei dem den denna denne der deres des dessa det detta dette dich "
    "die diese diesem diesen dieser dieses dig din dina dine dir disse ditt do du durch dykk där efter eftersom eg ein "
    "eine einem einen einer eit eller en endnu er era es et ett etter evt flere for fordi fra frau freundlichen from "
    "frå från få fået får för før først für geehrte geehrter gegen gerne gruß grüße går gør haben had hadde hade hallo "
    "ham han hans har has hat hatte havde have he hei hej hele hello hende hendes henne her herr hi hier hilsen him "
    "his ho hon honom hos hun hur hva hvad hvem hvis hvor hvordan hälsning hälsningar här i ich if igen ihnen ihr ihre "
    "ihrem ihren ikke ikkje im in ind inden ingen inget inn innan inte intet into is ist it jag jeg jer kan kann kein "
    "keine kind kl kom kommer korleis kr kun kva kven kære können liebe lieber man may me med meg meget mehr mellan "
    "mellem mellom men mere mich mig min mina mine mir mit mitt mod more mot must mvh my mycket mye må nach ned ner "
    "nicht no noch noe noen nogen noget nogle noko nokon not nr nu nur när nå någon något några når och också oder of "
    "og også ohne om on only op opp or os oss osv our out over please på regards samt schon sehr sein seine selv she "
    "should siden sidste sie sig sin sina sind sine sitt ska skal so som some stk så tack tak takk than thank thanks "
    "that the their them then there these they this those til till to ud uden uge um und under uns unser unsere unter "
    "up upp us ut utan uten vad var vara vart ved vem venlig vennlig vert very vi vid vil vill vom von vor vores "
    "vänlig vår våra våre være war waren was we weil wenn wer werden what when which who wie will wir wird with wo "
    "would wurde you your zu zum zur zwischen är år över über"
)
# Words above that stand in mail of these five as well.
SHARED: Final = (
    "acht adresse ag ai al ala ali ana anne anni ar argent arte arts asia asian au augustus ba baba bat ben bent ber "
    "beste bet bi bil bio bo bob bola bom bore bu bud bude bus børn car care ce celle co com come comment con contract "
    "dad dagen dan dana dank dans dar dari dawn december del dela dels deri di dia dit doktor door dove due duen ea "
    "eder een ef el ella em ens esse eta eu euro fara fare favor februari fekk fel fino fins fær gamal gan geld "
    "gentile ger gera gert go ha hal hana hast hatta hava heel heim hem hennar hoe hospital hum hver inuit inuk ja jab "
    "jana januari je jeden jo ju juli juni kaas kai kam kama karna ke kemi kina ko korte ku kur kær la lam lan lang "
    "las lat le lei leo let li lo los luna ma mai main maja maka mama mamman marka mars mart marta mata mein met mia "
    "mies minn mint mis molt mon mora morgen mos most mun mund na nap nav need nei nem neu ni nie nog nova november "
    "nyt nær od okkar oma ond ons otto ove panik par para parents pas patient pe per pera pet pia pie plus po police "
    "pot prix pro rad sa saa saal sagt sal salam sale sam samen school se seal see sei sen sept ser sera ses sette si "
    "sida six size solo son sot spital stare stata su sue sum sur sus sutra svar sy syn ta tan tanto tar tas te teen "
    "telefon tema ten theo thi ti tim tit toe toga tot tre tribunal tyre una vain van vas vel vera verdi vier visas "
    "visi vita volt wake wan want way wedi werk word yo za én"
)
# Nobody's letter: mottoes, terms, and text that stands in for text.
LATIN: Final = (
    "ab ac ad adipiscing aliqua aliquip amet anim ante apud atque aut aute autem cillum commodo consectetur consequat "
    "contra culpa cum cupidatat de dei deo deserunt deus dolor dolore domini dominus duis eiusmod elit enim esse est "
    "et etiam ex excepteur fugiat haec hic hoc homo iam ibi id ille in incididunt inter ipsum irure ita labore laboris "
    "laborum lorem magna me minim mollit nec nihil nisi nobis non nos noster nostrud nulla nunc occaecat officia omnes "
    "omnia pariatur pater per post pro proident propter quae quam qui quid quis quod reprehenderit se sed semper si "
    "sine sint sit sub sunt super tamen te tempor tu ubi ullamco ut vel velit veniam vester vita vobis voluptate vos"
)
