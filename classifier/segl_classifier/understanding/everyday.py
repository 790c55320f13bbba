"""Words that begin a sentence with a capital and are nobody's name ("Faktura er sendt", "Elever har fri").

Of those that stand in the training texts (``classifier/corpus/train_*``) before a verb that is said of people, and that
have the form of a name, these are the ones that are written with a small letter more often; pronouns, days and months.
"""

from __future__ import annotations

from typing import Final

EVERYDAY: Final = frozenset(
    """
    abstract access address adgangskort advent af afbud afkom afslag aftensmad alarmgrænsen alkohol alla alle
    alles alligevel allt alt altandøre alternativt altså anatomi and andet andre annars ansøgere antabus antal
    april arbejdsdag arbejdsmiljø arrest at attendance august backup bad band bare barnevogn beboere begge
    begonia beholdere besøg betala bidrag bifogar bil bilag bilder bilderna biler billigst bleer blommor blå
    boende bomull bordkort bordplan borger brandvej bremsen brev breve brille brugernavn bryggan brænde bukser
    burkini but bygherre byttepenge bytter båda både bål bånd båt bærere børn børneattest cake cases censor chip
    coffee compliance computere cpr creme csv cykler cøliaki da damit dampspærre danach dann danskarna das dass
    data datter de december dejlig delir deltagere dem demensen den denne depositum depressiv der dere deres
    derfor derhjemme derimod dermed dernæst dertil dessverre desuden desværre det dette di diabeteskost die dies
    dieselkort dieser dig din dine dinner diplom dirigent disse dissens dit diæter dog dokument donor driver du
    duge dygtig där däremot døve efterløn efterlønnere eid ejer eksamenssnyd eksem eksempel elevator elever
    eller ellers endelig energidrik enhver enlige enrolment entré epilepsi etterpå everybody everyone everything
    facit fagbrev fagligt faktura fakturan falls fanger far fastelavn fax februar fejl fem feriedage feriepenge
    ferja fingeraftryk finner fire firmware fisk fjernvarme flag flere flest flis floorball flow flyttedag
    flyttesyn foder fodlænke folie folk for fordi foreløbig forfald forklift formue forskere forslag fortrolige
    fortroligt forældre foto fotograf fotos fra frakt fredag fredage friday frist frivillige frokost ft fuldmagt
    fund fyrbødere färjan få færøsk företag föräldrarna fødselsdage følgende følgeseddel følsomt først
    førstehjælp gamle garn gas gavekort generelt gennemgående gestern gift gløgg grafer gran gravide grænsen
    grøn gul gulv gymnastik gær gæster ham han hans har hard harpiks hd hej hele hende hendes her heraf here
    herfra hermed hertil herude heute hidtil his hjelm hjelme hjemme hjemmefra hon hopper hortensia how huller
    hun hunde hur husk husleje hva hvad hvem hver hvert hvid hvidt hvilke hvilken hvilket hvis hvor hvordan
    hvorfor hvornår hyran hytta här håndbold håndeksem håndværkere høns høreværn høringssvar ich idag idræt igår
    ikke imens implantat influenza ingen intet inventar jag jagttegn jakker januar january jeg jeres jern jetzt
    jordbær journalistik jul juli juni juryn kaffe kaffemøde kage kakao kaktus kalk kamera kameran kan kantina
    kanylebokse kasser kilder klager klamydia klap klima klubmøde kobber kobberrør kode kona kontingent konto
    kontrakt kopi kopier kopirum kopper kort kransen krav kreditnota kreditor kridt kristendom krondyr kræft kul
    kun kunde kunder kup kværke kæder kære køber køer kørekort kørestole lakridsen lastbil laundry layout ledere
    ledige ledningsplan ledsagere legetøjsdag lejer ler leverandør leveringstid lg licensen linsen liv lods log
    logo lokaleleje lommepenge lukkedato lunch lus läkarintyg lånebil låskasse læg lærlinge løn lørdag mad
    madaffald madpakke magenta mails maj maksimum man mand mandag mange manus marcipan marts master matematik
    med medicin medlemskab medlemsnr medvirkende meget mein meist mel men mere mest mester mig mileage min mine
    mir mit mobil mobilepay modellerna modern momsen mon mor morgenmad morgensang motorn mum mundskrab mundtlig
    murernes musik mål många mår måske mæglingsmøde mælk mænd mén møde mødetid mødre mündlich naboer nattevagt
    navn navneskilt neger neu niemand nitrat nobody noder nogen noget nogle normalt norovirus not november now
    nu nul nun nycklarna nye nyt nytår når nødplan nøgleboks nøglebokse nøgler och officielt og også oktober
    olie om omsorgsdage omvendt onsdag opvask ordblinde original our overskud overtid paper papir papkrus par
    paracetamol partierna pas payroll pbs penge pension permit personligt photo piger plader plads plejesenge
    politi popcorn porto poster praktik praktisk present pressefolk prior pris priser privat projektor proof
    prover prøvetid prøvetryk publikum pumpe pus påkrav pårørende påskenat påskeæg pærer pølser recept rederi
    refusion regn regntøj regnvand religion rent replacement resan reservedel resten retlige retro retsafgift
    revenue revisor ritningarna rogn rom rubrik rykker rykkere rykkergebyr rytme ryttere ræve rød rødt rør saa
    said saker saks salg salmenumre salt samtidig samtykke sandsække sandwich saturday sedan sedler seitdem
    sejlads seks seler selv selvfølgelig selvrisiko selvsagt senast senere sengetøy sennep september service she
    siden sidst sie siffrorna silo sin sine sit själv sjældent skabelon skal skat skatteattest skerpikjøt
    skiferie skilsmisse skilt skimmel skjema skjærtorsdag skurby skyltarna skåp skønsmand slides smed sms snacks
    snart snegl sodavand som somebody sort spand spande spejle spildolie spis spædbørn spørgsmål stande
    statsløse statusmøde stelnumre stemmebokse stige stillads stokke stole straffedomme strenge strips strå
    strøm studerende stueetage stugan stämman støj størst sug sunday support svar svarfrist svenska svovl
    sværere sygdom syge sykdom syv så sådan særeje söndagar søndag søvnmangel tab tag tagfolk tagpap tak
    taksator takst tal tavlan tax taxa tegnsprog teknisk tekst teleslynge telt termin that the their then there
    these they this those thursday tid tidligere til tilbage tilbud till tillidsfolk tilsyn timer tips tirsdag
    tjørn toiletvogn told tolv toner torsdag torsdage totalt travel tre trold trompetist truck træ tulipanløg
    turnus tvivl tvättstugan två tysk tyvärr tænder tæpper tøj udadtil uddrag ude udestående udkast undervejs
    unge uniform unser unsere upload vad vafler vagtplan valgbar valgt vand varer varme vasketøj ved vedlagt
    vegetar vegetarisk vejbump vejr vem venligst venstre vermutlich vessel vi vielsen vildsvin vin vinder
    vinterdæk vinterhjul viskere voksne vores vælgere værre warum was wer what which who wie wir wirer you your
    yours årsag åtal ældre æresport økonomi økonomisk ønsker
    """.split()
)
