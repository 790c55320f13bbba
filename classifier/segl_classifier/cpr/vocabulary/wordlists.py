"""The words that tell what a number is, in Danish, Norwegian, Swedish, German and English, by what they say.

Data only; :mod:`.words` reads it. Nothing here is a pattern: words are written as they are spelled, and how
they bend and join is the business of the look-up. Before a word is added, look it up in a list of names:
"brønd" is a well and a surname, "offer" is the end of "Christoffer".
"""

from __future__ import annotations

from segl_classifier.cpr.vocabulary.number_of import NumberOf

# Says that the number is a personal number.
NAMES_OF_CPR = """
crpnr crpnummer crpnummeret
cpr cprnr cprnummer cprnummeret cprnumre cprnummere cprno cprnumber cprnum cprid cprn cprnrs cprs
cprnumrene cprregister cprregistret cprregisteret cpropslag personnr personnummer personnummeret
personnumre personnumrene personnumret persnr persnummer personid personalnumber personalno personalid
personalidnumber personidentifikation personregister personregistret folkeregister folkeregistret
folkeregisteret folkeregisternummer civilregistrationnumber civilregnr fødselsnummer fødselsnummeret
fødselsnr födelsenummer identitetsnummer identitetsnr idnummer personnummern personennummer
personenkennzahl personenkennziffer sygesikringsnummer sygesikringsnr sygesikringsbevis sygesikringskort
sygesikringsbeviset sygesikringskortet sundhedskort sundhedskortet sundhedskortnummer patientnr
patientnummer patientid patnr patnummer ptnr ptid borgernr borgerid borgernummer ssn socialsecuritynumber
skattenummer skatteid nationalid nationalidnumber nationalidentifier
"""

# "danske nummer", "civil registration no.": two words that say it together.
CPR_PAIRS = {
    "crp": ("nr", "nummer", "nummeret"),
    "pers": ("nr", "nummer", "no"),
    "patient": ("nr", "nummer", "nummeret", "no"),
    "borger": ("nr", "nummer", "nummeret"),
    "dansk": ("nummer", "nr", "id", "idnummer", "personnummer"),
    "danske": ("nummer", "nr", "id", "idnummer", "nummeret"),
    "danskt": ("nummer", "nr", "id"),
    "danska": ("nummer", "nr", "numret"),
    "danish": ("number", "no", "id", "nr"),
    "dänische": ("nummer", "nr", "id"),
    "registration": ("number", "no", "nr"),
    "reg": ("number",),
    "personal": ("number", "no", "id", "nr"),
    "person": ("number", "no", "id", "nr", "nummer"),
    "gule": ("kort",),
    "gult": ("kort", "sygesikringskort"),
    "civil": ("registration", "reg"),
    "security": ("number", "no"),
    "id": ("number", "nummer"),
    "identity": ("number", "no"),
    "identification": ("number", "no"),
    "cpr": ("nr", "no", "nummer", "number", "num"),
}

# Says that the number is a replacement number, given to somebody who has none.
REPLACEMENT = """
erstatningscpr erstatningscprnr erstatningscprnummer erstatningspersonnummer erstatningspersonnr
erstatningsnummer erstatningsnummeret erstatningsnr ecpr ecprnr ecprnummer xecpr xecprnr xecprnummer
"""
REPLACEMENT_BEFORE_CPR = (
    "erstatnings fiktivt fiktive midlertidigt midlertidige administrativt temporary replacement"
)

# Says that a birthday is meant, or that the number is somebody's own.
BIRTH = """
født fødte fødselsdag fødselsdagen fødselsdato fødselsdatoen fødselsdata fødselsår f fød fodt foedt född
födelsedatum född födelsedag geboren geb geburtsdatum geburtstag birth birthday dob born fødd
"""
OWN = """
mit min hans hendes dit din sit deres my his her your mitt sitt ditt hennes meine sein seine ihre barnets
"""

# Somebody whom a number may belong to.
PERSON = """
patient patienten borger borgeren klient klienten barn barnet børn datter datteren søn sønnen mor
moderen far faderen forælder forældre ægtefælle ægtefællen kone konen mand manden kæreste samlever
samleveren bror søster lillebror storebror lillesøster storesøster søskende barnebarn bedstefar
bedstemor farfar farmor morfar mormor onkel tante fætter kusine svigermor svigerfar svigersøn nevø niece
tvilling enke enkemand pårørende værge medlem medlemmet medarbejder medarbejderen ansat ansatte kollega
vikar vikaren elev eleven lærling lærlingen studerende kursist ansøger ansøgeren køber køberen sælger
sælgeren ejer ejeren lejer lejeren beboer beboeren kunde kunden bruger brugeren debitor skyldner
skadelidte skadevolder tiltalte sigtede dømte vidne afdøde afdød arving testator forsikringstager
forsikringstageren sikrede låntager kontohaver fuldmagtshaver fuldmagtsgiver underskriver chauffør
chaufføren pige pigen dreng drengen kvinde kvinden person personen herre fru frk hr navn name namn
navnet han hun ham hende dig mig jeg du vi de dem hver hedder enkelte she he him they me you son
daughter mother father wife husband child children tenant owner employee member applicant customer
client pupil student citizen holder tochter sohn mutter vater frau herr mann kind mieter mitglied dotter
barnet mamma pappa maka make leietaker leietakeren ansatt vedr vedrørende ang angående
"""

# Whatever they touch, they say nothing: the walk goes on behind them.
NUMBER = "nr nummer nummeret numre numret no num nro number numbers num nos # id ident nummern"
# "Er", "is"; and "fx": what they lead back to is what the number is.
COPULA = """
er is are was var är ist lautet lyder hedder har får fik bærer bliver blev blir heter være being fx feks
eks eksempelvis ex eg tex zb
"""
FILLER = """
skriv skrive skrev slet slette søg søge søger slå find finde finder fandt indtast taste tast brug bruge
bruger opgav opgiver opgive opgivet oplyser oplyste oplyse sagde siger skrevet noter noterer husk send
sende sender sendte fået få enter write wrote use type give gave given call called kalder kaldes kaldt
findes fundet set se ser siden efter while haster begge samt men hvor både ret rettet rettes korrekt
rigtige korrekte rigtig altså forkert correct og som nu her den det de the a en et ein eine das die der
dette denne also now so under as dvs cifre cifret digits siffror siffer stellen ziffern cifrede kun blot
bare just only and or eller und oder sidste ligger står noteret oplyst registreret oprettet mærket
angivet hos os jer dem jo dog igen også already namely nemlig jeres vores vor our your dit din mit min
sit sin ert vårt unser unsere ihr ihre mitt deres hans hendes fulde full nye new ny nyt gamle at så da
når hvis fordi hvorvidt that if whether dass wenn att aftalt lovet nævnt omtalt ønsket anført indberettet modtaget sendt
bedt vist tastet stavet læst hørt tilhører gælder hører tilknyttet opkaldt hilsen mvh vh kh tak nej ja
ok årsag årsagen dødsårsag dødsårsagen anledning
"""
PREPOSITION = """
til fra for om på af ved med mod tilhørende i to from of on by with regarding re für von an zu vom zum bei
till från av åt mellem between vedr vedrørende ang angående ad
"""

# Some other thing with a number of its own, by what it is. Nouns of five letters and more bend and are heads
# of compounds, unless they begin with "=": a word of another build, or the end of a name ("Christ-offer").
OTHER = {
    NumberOf.ORDER: """
        ordre ordren =order arbetsorder ordrebekræftelse confirmation
        indkøbsordre =purchase po auftrag bestellung auftragsbestätigung bestätigung beställning bokning workorder
        arbejdskort jobkort følgeseddel følgesedlen fragtbrev lieferschein lieferavis packing tilbud
        tilbuddet =offer =quote quotation angebot offert udbud udbuddet anbud =tender
        abonnement abonnementet subscription licens licensen
        =licence =license licitation forhåndsbestilling tilslutning ordreseddel arbejdsseddel
        rammeaftale delaftale lagerordre genbestilling
    """,
    NumberOf.BOOKING: """
        bestilling bestillingen =booking reservation reservationen opgave opgaven kørsel
        rekvisition rekv rekvirent
    """,
    NumberOf.INVOICE: """
        faktura fakturaen invoice inv fak rechnung kreditnota
        kreditnotaen =receipt kvitto giro fi ocr =kid betalingsid indbetalingskort
        opkrævning moms creditnote postering posteringen finansbilag fikkode indbetalingskode
        bon =bonen girokort aconto acontofaktura slutfaktura betalingslinje kassebon =statement
        =remittance
    """,
    NumberOf.METER: """
        måler måleren vandmåler elmåler varmemåler gasmåler =meter zähler mätare =tæller =tælleren
        installation installationen målepunkt målepunktet aftagenr =brønd målerbrønd stikledning ledning
        gateway gatewayen logger føler =sensor =device unit =enhed =enheden anlæg anlægget aggregat
        station stationen pumpe pumpen ventil ventilen boring transformer transformerstation tavle
        eltavle varmecentral =central kabel kabelskab fordelerskab teknikskab =stander skakt dæksel
        hydrant brandhane målerskab målebrønd målerplads bimåler hovedmåler solcelleanlæg varmepumpe
        kedel fyr kompressor blæser motor elevator lift kran maskine maskinen robot printer router modem
        switch =gauge antenne batteri
    """,
    NumberOf.ACCOUNT: """
        konto kontoen account acct iban bic swift bban reg regkonto =depot depotet kontering bankgiro
        plusgiro kontot obligation kreditkort dankort fondskode isin
    """,
    NumberOf.PRODUCTION_UNIT: """
        pnr pnummer pno produktionsenhed produktionsenheden pnummeret pnumre penhed penheden
    """,
    NumberOf.REGISTERED_COMPANY: """
        cvr senr ean eanlokation gln glnlokation
    """,
    NumberOf.COMPANY: """
        vat gtin virksomhed orgnr leverandør momsnr eori
    """,
    NumberOf.PHONE: """
        tlf telefon telefonen mobil mobilen tel =phone =mobile cell fax telefax handy hotline lokalnr
        sms ring =ringe opkald satellittelefon vagttlf mob nødtelefon
    """,
    NumberOf.CASE: """
        sag sagen =sager jnr case casefile aktenzeichen az =ärende =ärendet akt =akten dossier diarienr dnr
        klagesag retssag inkassosag fogedsag arkiv mappe
    """,
    NumberOf.SERIAL: """
        løbenr løbenummer
    """,
    NumberOf.INSURANCE: """
        police policen =policy =claim
    """,
    NumberOf.JOB: """
        =ticket ticketen incident fejlmelding feilmelding forespørgsel forespørgslen
        dokid matrikel matrnr matr bfe esr ejendom rfq rfc job
        jobid referens referanse referenz projekt project prosjekt servitut easement
        =sample =probe analyserapport prøvested kalibrierschein
        tegning tegningen =drawing revision rev garanti rma retur returnering byggesag lokalplan
        cirkulære byggetilladelse =permit
        opmåling måling stikprøve vandprøve jordprøve testrapport
        afvigelse driftsforstyrrelse serviceaftale servicerapport =task =bug =pull
        commit patch =request stempel
    """,
    NumberOf.PAPER: """
        kontrakt kontrakten =contract vertrag aftale aftalen bekræftelse bekräftelse opgørelse årsopgørelse
        regning regningen kvittering kvitteringen lån lånet tilladelse tilladelsen dispensation dok dokument
        dokumentet document rapport rapporten =report udtalelse notat referat protokol autorisation
        godkendelse registrering indberetning certifikat certificate skøde hændelse blanket formular
        formularen skema skemaet bilag bilaget pantebrev tinglysning
    """,
    NumberOf.SHIPMENT: """
        pakke pakken =parcel =package =track tracking =trace forsendelse forsendelsen sending sendingen
        sändning sändningen shipment consignment waybill awb kolli kolliet =container containeren pallen
        =pallet palette paket fragt freight pakkelabel vejeseddel gods collo =colli stykgods lieferung
        vognladning vogn trailer lastvogn rute lagerplads hylde reol lokation =vessel afgang
        affald konsignation sscc
    """,
    NumberOf.PRODUCT: """
        vare =varen artikel artiklen =article item sku =model type typen batch batchen lot charge parti
        partiet serie serien =serial sn pn stel chassis imei mac isbn issn udgave =version build
        firmware fw vers reservedel =filter nøgle nøglen key code kode koden pin plombe plomben
        forsegling forseglingen inventar rfid =kortet billet billetten biljett kupon voucher
        gavekort lodseddel produkt =product komponent stykliste positionsnr stregkode qr chip simkort
        nøglebrik adgangskort medlemskort bonuskort kundekort rejsekort parkeringskort alarmkode
        pinkode rabatkode kampagnekode tilbudskode fejlkode aktiveringskode katalog startnr rygnr
        garderobe rammenr registreringsnr nummerplade plu patent
    """,
    NumberOf.MARK: """
        tidsstempel tidsstemplet timestamp dato date datum tid tidspunkt log crc txid txn transaction transaktion
        corrid session sessionid uuid guid hash jobid msgid messageid checksum img image foto scan scn
        dsc dscn screenshot vid mvi møde mødet meeting =server =error =thread =event snapshot
        backup dump =record dataset datasæt =node =process webinar konference =dialin opkaldskode
        mødekode ownerapptid appointmentid
    """,
    NumberOf.THING: """
        part =kasse =kassen arkivkasse pengekasse boks =skab =skabet klimaskab medicinskab pengeskab
        hylden containerplads parkeringsplads adgangsbrik gruppe gruppen =liste =listen prisliste
        stykliste pakkeliste adresseliste genstand genstanden besked beskeden værdi værdien =mærke
        stelmærke typeskilt dørskilt navneskilt stophane vandhane bygning bygningen tank tanken
        beholder beholderen hydrofor kompressor værktøj køretøj traktor cykel cyklen knallert båden
        vindue låsen skærm tastatur computer =kamera overvågningskamera lampe relæ =sikring
        =sikringen system systemet program programmet regneark =arket =celle =cellen feltet =tabel
        =tabellen kolonne budget budgetpost overførsel overførslen rabat brochure tegnebog =hæfte
        =hæftet kapitel paragraf bekendtgørelse =høring høringssvar pulje puljen
        fond udstyr apparat apparatet instrument armatur armaturet trykbeholder slange
        slangen rørledning brandslukker =stige stillads vægt fryser frysefag køleskab opvaskemaskine
        vaskemaskine symaskine kopimaskine plæneklipper kørestol rullestol møbel skrivebord
        kontorstol =hjelm uniform dragt materiel materiale råvare emballage =spand =tønde tromle sæk
        flaske dåse karton pose bundt stak palleplads reolplads butik lokale lokalet =lejlighed
        garage carport kælder parcel jordstykke vejbump tunnel skakten stamtavle hund hunden =kat
        =katten hest hesten chipmærke katalogpost frimærke maleri skulptur =samling udstilling
        forestilling koncert =opslag annonce kampagne spørgeskema prognose fejlen fejl =melding
        driftsmelding driftsstop afbrydelse =server backupjob kørslen =tur busstur bustur =rejse
        flyafgang togrejse afgangen togsæt vognen hotelværelse booking bordreservation =note =gerät
        =kiste =behälter =werkzeug =fahrzeug =gebäude =ersatzteil =schrank =box =crate =asset
        =equipment =machine =tool =vehicle =building =room =shelf =rack =cabinet =pump =valve =hose
        =boiler =engine =dataset =spreadsheet =row =column =cell =value =message =alert =alarm
        =följesedel =skåp =låda =byggnad =fordon =maskin =utrustning =seddel =sedlen følgeseddel
        palleseddel fragtseddel pakkeseddel =døren =dør
    """,
    NumberOf.AMOUNT: """
        kr dkk sek nok eur usd euro kroner kronor stk stykker pcs stück kwh mwh m3
    """,
}
# A thing that concerns somebody more often than it has a number: "levering 010190-1234". Weighs less.
MATTER = """
levering leverance delivery betaling payment indbetaling rykker køb salg anmodning analyse varsel alarm =change issue
kort beløb pris kredit =credit =support service reklamation varsling angivelse ref reference referencen
"""
# One that concerns one person, whose number is the only one it has, as often as not: "henvisning 010190-1234".
MATTER_OF_A_PERSON = """
henvisning anmeldelse ansøgning prøvesvar vejledning skade klage mødeindkaldelse lejemål medlemskab forsikring udskrift
journal journalen prøve prøven =bevilling =bevillingen botilbud patientkørsel patienttransport personalesag
personsag elevsag børnesag familiesag skilsmissesag straffesag ydelsessag skadesag arbejdsskadesag nemkonto nemkontoen
advarsel overlevering vagtoverlevering udbetaling kørekort skattekort frikort opholdskort
"""
# Words of these lists that are names of people too: "Bo Ring", "Saga Brønd".
ALSO_NAMES = "note hjelm ring brønd kabel kort job case key code mac serie vid"
# "Customer no.", "kundenr.": the number of a person, but one that a firm has given.
NUMBERED = """
løn payroll id ident patient borger beboer
customer client member employee student user supplier kunde medlem medarbejder bruger elev leverandør
debitor kreditor studie deltager personale tjeneste lejer lejemål mitglied kunden
"""

# Say no more than that here stands a value; what it is of is said before them: "CPR value:", "cpr: {data: …}".
VALUE = """
value values val værdi værdien værdier indhold indholdet content contents data felt feltet field wert werte
värde värdet verdi verdien inhalt innehåll innhold tekst text string streng input eingabe
"""

# Units and things that are counted, in small letters: "1234 stk." is no end of a personal number.
UNITS = """
stk stykker styk pladser siddepladser personer deltagere gæster mand m3 m2 m³ m² kubikmeter kvm liter l hl kg
ton tons g m km cm mm kwh mwh kw mw gj kr kroner dkk eur euro usd sek nok € % procent timer minutter min sek
sekunder dage uger måneder mdr eksemplarer eks enheder enh husstande husstand biler billetter kvadratmeter
medlemmer point poster linjer sider rækker pcs pieces units seats people persons guests participants litres
hours minutes days weeks pages rows timar platser dagar
"""
