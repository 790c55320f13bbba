"""Words by which a text in a language that is not read gives itself away: frequent ones of each, and the letters that
its words have beside those of the alphabet. Written from knowledge of the languages; the Danish, English, Swedish,
Norwegian and German mails of `classifier/corpus` said which of them stand in those as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from segl.vocabulary import Tongue

FREQUENT: Final[Mapping[Tongue, str]] = {
    Tongue.FAROESE: (
        "og at er ein ikki við hon hann tað av til sum fyri eitt frá um hjá hevur eru hava skal kann okkum tykkum vit "
        "tit teir tær tey henda hesin hetta hendan hesum hesi tá tí eisini meira so ella men var varð verður verða "
        "vera verið yvir eftir undir millum sínum síni hansara hennara okkara tykkara teirra tú eg meg teg mær honum "
        "henni teimum nú nakað nakrar nakar onki einki eingin øll allir allar mugu kunnu skulu vildi kundi skuldi fekk "
        "fær fáa gjørt gera ger koma kemur komin farin fara fer síggja sæð sagt sigur siga dagin ár árið árini samband "
        "sambandi uttan innan móti hvør hvat hvussu hvar hví ongantíð altíð longu bara væl góðan takk heilsan "
        "vinarliga mánadagin týsdagin mikudagin hósdagin fríggjadagin leygardagin sunnudagin mánaðin fyrr nógv nógvur "
        "lítið føroyar føroyum starvi barnið børnini pápin mamman fundurin fundin málið mál brævið bræv viðheft umsókn "
        "umsóknin svar skúlin skúlanum kommunan kommununi tórshavn sjúkrahúsið lækni læknin løgregluni løgreglan "
        "pening peningur konan maðurin dóttir sonur børn foreldur foreldrini føddur fødd húsið arbeiði arbeiðir ynskir "
        "heitir stendur byrjar nýtt nýggi gamal nakrir aftur heldur tykist hevði høvdu fingið givið tikið upplýsingar "
        "tænasta vegna sambært tørvur hjálp fráboðan saman heim heima inn út upp niður nær nærri vælkomin ókeypis"
    ),
    Tongue.ICELANDIC: (
        "og að er sem ekki við hún hann það af til um fyrir ein eitt frá hjá hefur eru hafa skal getur okkur ykkur þið "
        "þeir þær þau þessi þetta þessum þess þegar því einnig meira svo eða en var varð verður verða vera verið yfir "
        "eftir undir milli sínum sína hans hennar okkar ykkar þeirra þú ég mig þig mér þér honum henni þeim nú "
        "eitthvað ekkert enginn allir allar öll mun munu geta gæti ætti fékk fær fá gert gera gerir koma kemur komið "
        "farið fara fer sjá séð sagt segir segja daginn ár árið árum samband sambandi án innan móti hver hvað hvernig "
        "hvar hverju aldrei alltaf bara vel góðan takk kveðja kær vinsamlega mánudaginn þriðjudaginn miðvikudaginn "
        "fimmtudaginn föstudaginn laugardaginn sunnudaginn mánuði mjög barnið börn vegna ef úr hér þar líka samkvæmt "
        "fundurinn málið bréf bréfið meðfylgjandi umsókn svar skólinn sveitarfélag sjúkrahús læknir lögreglan peningar "
        "konan maðurinn dóttir sonur foreldrar fæddur húsið vinna vinnu óskar heitir stendur byrjar nýja nýr gamall "
        "aftur heldur hafði höfðu fengið gefið tekið upplýsingar þjónusta hjálp saman heim heima inn út upp niður "
        "velkomin ókeypis vill þarf látið vita"
    ),
    Tongue.GREENLANDIC: (
        "aamma aammalu pillugu pillugit kisianni kisiannili tassa taamaattumik taamaattumillu taava taamatut "
        "taamaalilluni tamanna tamatumunnga tamaat tamarmik taanna taakku una ukua matumani matuma massakkut maanna "
        "suli aatsaat ilaatigut immikkut assut ajoraluartumik qujanaq qujanarujussuaq inuulluaqqusillunga "
        "inussiarnersumik inuulluarit uanga illit uagut ilissi imaluunniit naak soorlu sooq qanoq sumi kina ukioq "
        "ukiumi ukiut ulloq ullut ullormi qaammammut meeqqat meeraq inuit inuk suliaq suliat sulisut kommunimi "
        "kommunimut angajoqqaat nakorsaq napparsimavoq napparsimmavik atuarfik inissaq aningaasat akiligassaq "
        "ataatsimiinneq isumaginninnermut naalakkersuisut nuummi nunatsinni sapinngisamik naapertorlugu atorlugu "
        "peqatigalugu malillugu pissutigalugu ilanngullugu tunngatillugu atatillugu pisariaqarpoq periarfissaq "
        "ataasinngorneq marlunngorneq pingasunngorneq sisamanngorneq tallimanngorneq arfininngorneq sapaat allakkat "
        "apeqqutit saaffiginnissut asasara asasakka asasaq ataataa anaana ataata ernera ernertik panik paniga "
        "ilaqutariit inuunini inuunerminni kræfteqarpoq napparsimasoq napparsimasup katsorsarneqarpoq nalunaarut "
        "nalunaarutaat politiit eqqartuunneqarpoq eqqartuussivik akiitsoqarpoq akiitsut akilerneqassaaq "
        "isumaqatigiissut isumaqarpunga suliffik suliffeqarfik sulisoq sulivoq soraarsitaavoq kattuffik ilaasortaq "
        "ilaasortaavoq tamassi tikilluarit tikilluaritsi nuannersumik nuannersoq kaffi imeq illu illup aappaagu siorna "
        "ukiup qaammat qaammatit sapaatip akunnera akunnerani marluk pingasut sisamat tallimat arfinillit qulit "
        "ataaseq pisortat innuttaasut inuusuttut tapiissutit ikiorserneqarnissaq oqaloqatigiinneq oqarasuaatikkut "
        "sinnerlugu tamatuminnga illoqarfik nunarput qallunaatut kalaallisut allagaq allanneq"
    ),
    Tongue.FINNISH: (
        "ja on ei että hän ovat oli se ne mutta myös kun jos niin tai sekä kuin joka jotka mitä mikä tämä tämän nämä "
        "siitä siinä sitä sen niiden hänen hänet hänellä hänelle minä minun minulla minulle sinä sinun sinulla te "
        "teidän teille me meidän meille meillä olen olet olemme olette olivat ollut olla voi voin voitte voimme voisi "
        "pitää tulee tulla mukaan kanssa jälkeen ennen ilman vielä nyt sitten vain hyvin kaikki kiitos terveisin hyvä "
        "päivää ystävällisin vuonna vuoden vuotta päivän päivänä viikolla kuukauden asti saakka koska takia vuoksi "
        "sillä eikä eivät emme ette en et ettei jo aina joten jonka jossa liitteenä ohessa mukaisesti kuitenkin "
        "lisäksi esimerkiksi maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina lapsen "
        "äiti isä saa saavat oikein uusi uudet uusia vanha vanhat lapset lapsi lapsille lapsia vanhemmat poika tyttö "
        "tytär vaimo mies nainen perhe koulu koulun lääkäri sairaala sairaalan potilas potilaan hoito hoidon lääke "
        "poliisi poliisin oikeus rahaa maksaa maksu lasku laskun vuokra työ työn työntekijä sopimus kokous kokouksen "
        "asia asian päätös hakemus lomake todistus osoite puhelin tietoa tiedot kaksi kolme neljä viisi kuusi "
        "seitsemän kahdeksan yhdeksän kymmenen ensi viime tänään huomenna eilen voitteko onko missä milloin täällä "
        "siellä takaisin kaikille meitä teitä heitä heidän olisi pitäisi haluaa haluaisi tehdä saatu tietää kertoo "
        "ilmoittakaa kysykää sijaan väliin välillä kerran kertaa asuu asunto eurolla euroa kuukausi kuukaudessa lainaa "
        "velkaa"
    ),
    Tongue.ESTONIAN: (
        "ja on ei et ta see oli ka kui aga siis või ning mis kes seda selle need tema teda mina minu sina sinu meie "
        "teie olen oleme olete olnud olla saab saan saate võib pärast enne ilma veel nüüd väga kõik aitäh tere "
        "lugupidamisega aasta aastal päeval kuni sest kuid juba alati lisatud vastavalt esmaspäeval teisipäeval "
        "kolmapäeval neljapäeval reedel laupäeval pühapäeval tuleb mitte nende siin seal oma"
    ),
    Tongue.LATVIAN: (
        "un ir nav ka ar no par uz kas to tas šis šī viņš viņa bet arī kad vai lai pie pēc pirms bez es mēs jūs jūsu "
        "mūsu man jums tikai ļoti visi visas paldies labdien sveiki cieņu gads gada gadā līdz jo tomēr jau vēl tiek "
        "tika būs bija esmu esam pielikumā saskaņā pirmdien otrdien trešdien ceturtdien piektdien sestdien svētdien "
        "kura kurš viņam viņai tiem šo"
    ),
    Tongue.LITHUANIAN: (
        "ir yra nėra kad su iš apie kas tas tai šis ši jis ji bet taip kai ar prie po prieš be aš mes jūs jūsų mūsų "
        "man jums tik labai visi visos ačiū diena sveiki pagarbiai metai metų metais iki nes tačiau jau dar buvo bus "
        "esu esame pridedu pagal pirmadienį antradienį trečiadienį ketvirtadienį penktadienį šeštadienį sekmadienį "
        "kuris kuri kurie kurių jam jai jos jo jų šio dėl nuo už per dienų mėnesį galite prašome reikia gali"
    ),
    Tongue.POLISH: (
        "na do nie się jest że to jak ale za od po przez dla są był była było być ma mają oraz lub czy tym tego ten ta "
        "te tej jego jej ich nam nas was wam pan pani pana państwo państwa który która które jeśli jeżeli ponieważ gdy "
        "kiedy tylko także też już jeszcze bardzo wszystkie wszyscy dziękuję dzień dobry pozdrawiam szanowny szanowna "
        "witam proszę roku lat dni temu został została zostały będzie będą może mogę można przed bez między pod nad "
        "przy powodu zgodnie załączniku załączeniu poniedziałek wtorek środę czwartek piątek sobotę niedzielę mi mu go "
        "moja mój moje swoje co aby żeby dziecko dzieci syn córka matka ojciec rodzice żona mąż szkoła lekarz szpital "
        "pacjent leczenie policja sąd pieniądze umowa praca pracy pracownik wniosek decyzja zaświadczenie adres "
        "telefon dwa trzy cztery pięć nowy nowa nowe stary stare dzisiaj jutro wczoraj gdzie tutaj wszystko chce musi "
        "ważna cena dnia stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada "
        "grudnia"
    ),
    Tongue.CZECH: (
        "na do ne se je že to jak ale za od po pro jsou byl byla bylo být má mají nebo zda tím toho ten ta te jeho "
        "její jejich nám nás vás vám pan paní který která které jestli protože když jen také už ještě velmi všechny "
        "všichni děkuji dobrý den pozdravem vážený vážená prosím roku let dnů bude budou může mohu před bez mezi pod "
        "nad při kvůli podle příloze pondělí úterý středu čtvrtek pátek sobotu neděli jsem jsme jste není nejsou dítě "
        "děti syn dcera matka otec rodiče žena muž škola lékař nemocnice pacient léčba policie soud peníze smlouva "
        "práce žádost rozhodnutí potvrzení dva tři čtyři pět nový nová nové dnes zítra včera kde tady všechno chce "
        "musí cena ledna února března dubna května června července srpna září října listopadu prosince jeden jedna "
        "jedno"
    ),
    Tongue.SLOVAK: (
        "na do nie sa je že to ako ale za od po pre sú bol bola bolo byť má majú alebo či tým toho ten tá jeho jej ich "
        "nám nás vás vám pán pani ktorý ktorá ktoré ak pretože keď len tiež už ešte veľmi všetky všetci ďakujem dobrý "
        "deň pozdravom vážený prosím roku rokov dní bude budú môže môžem pred bez medzi pod nad pri kvôli podľa "
        "prílohe pondelok utorok stredu štvrtok piatok sobotu nedeľu som sme ste"
    ),
    Tongue.SLOVENIAN: (
        "in na do ne se je da to kot ali za od po pri so bil bila bilo biti ima imajo tem tega ta te njegov njen "
        "njihov nam nas vas vam gospod gospa ki če ker ko le tudi že še zelo vse vsi hvala pozdravljeni lep pozdrav "
        "spoštovani prosim leta let dni bo bodo lahko pred brez med pod nad zaradi priponki ponedeljek torek sredo "
        "četrtek petek soboto nedeljo sem smo ste ni niso iz"
    ),
    Tongue.BOSNIAN_CROATIAN_SERBIAN: (
        "sa na do ne se je da to kao ali ili za od po su bio bila bilo biti ima imaju tim toga taj ta te njegov njezin "
        "njen njihov nam nas vas vam gospodin gospođa gospođo koji koja koje ako jer kad kada samo također takođe već "
        "još vrlo sve svi hvala pozdrav poštovani poštovana molim molimo godine godina dana će ću ćemo može mogu "
        "možete prije pre bez između pod nad pri zbog prema prilogu ponedjeljak ponedeljak utorak srijedu sredu "
        "četvrtak petak subotu nedjelju nedelju sam smo ste nije nisu iz oko nakon posle što gdje gde kako moj moja "
        "moje naš naša nema treba dijete djeca djeci dete deca sin kći kćerka majka otac roditelji žena muž škola "
        "škole liječnik lekar bolnica bolesnik liječenje policija sud novac ugovor posao rad radnik zahtjev odluka "
        "potvrda adresa telefon dva tri četiri pet šest deset novi nova nove stari stare danas sutra jučer juče ovdje "
        "ovde hoće želi želio mora cijena cena siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna "
        "listopada studenog prosinca januara februara marta aprila maja juna jula avgusta septembra oktobra novembra "
        "decembra više jedan jedna jedno ovo ovaj ova ove svoj svoje svojeg svoju bude radi puta dobro dobar dobra "
        "smije budu prošle prošli godinu"
    ),
    Tongue.ALBANIAN: (
        "dhe në të një për me nga që është nuk jam janë ka kanë por ose si kur se ky kjo këtë këto ai ajo ata ato tij "
        "saj tyre unë ju ne jonë tuaj juaj im ime do duhet mund pas para pa deri shumë gjithë faleminderit "
        "përshëndetje mirëdita tungjatjeta vit vitit ditë ditën më mos edhe po sipas bashkëngjitur hënën martën "
        "mërkurën enjten premten shtunën dielën sepse kam kemi keni ishte fëmijë fëmija djali vajza nëna babai "
        "prindërit gruaja burri shkolla mjeku spitali pacienti trajtimi policia gjykata kontrata puna vendim adresa "
        "telefoni dy tre katër pesë gjashtë ri reja sot nesër dje këtu ku dëshiron çmimi"
    ),
    Tongue.ROMANIAN: (
        "și şi în la de pe cu nu că este sunt fost un din pentru care ce se sau dar dacă mai după fără prin între lui "
        "ei lor său sa sale noi voi eu tu el ea am ai au are avem aveți această acest acestea aceasta acestui ani anul "
        "zile luni fi va vor poate putem puteți vă ne mă te îi îl i-a s-a mulțumesc mulţumesc bună ziua stimă stimate "
        "stimată rog rugăm conform atașat marți miercuri joi vineri sâmbătă duminică deoarece când cum doar foarte "
        "toți toate cele al ale către până iar copil copilul copii copiilor fiul fiica mama tata părinți părinții "
        "soția soțul școala școlii medic medicul spital spitalul pacient pacientul tratament poliția instanța bani "
        "banii contract munca muncă lucru cerere decizie certificat adresa telefon doi două trei patru cinci șase zece "
        "nou nouă noua vechi astăzi mâine ieri unde aici vrea trebuie preț prețul salariu salariul săptămâna luna lună "
        "datorie primesc meu mea mele tău nostru noastră vostru dumneavoastră"
    ),
    Tongue.HUNGARIAN: (
        "az és hogy nem is egy van volt ez azt ezt meg de ha mint csak már még vagy el ki be fel le én te mi ti ők "
        "neki nekem nekünk önnek ön önök vannak voltak lesz lesznek lehet kell kérjük kérem köszönöm köszönjük "
        "tisztelt üdvözlettel kedves szerint miatt után előtt között nélkül alatt óta amely amelyet aki akit ami amit "
        "mert akkor így úgy most ma nagyon minden mindenki év évben nap napon belül mellékelten csatolva hétfőn kedden "
        "szerdán csütörtökön pénteken szombaton vasárnap nincs nincsenek tudom tud tudnak vele róla hozzá ezen azon "
        "gyerek gyermek fia lánya anyja apja szülők felesége férje iskola orvos kórház beteg kezelés rendőrség bíróság "
        "pénz szerződés munka kérelem határozat igazolás cím telefon két kettő három négy öt hat tíz új régi holnap "
        "tegnap hol itt ott szeretne ár január február március április május június július augusztus szeptember "
        "október november december"
    ),
    Tongue.TURKISH: (
        "ve bir bu da de için ile çok daha gibi kadar olarak olan değil var yok ne ama fakat veya ya ki ben sen biz "
        "siz onlar onu ona onun bana sana bize size benim senin bizim sizin her hiç şey sonra önce göre nedeniyle "
        "dolayı üzere tarafından olduğu olduğunu oldu olur olacak edildi edilecek etti eder yapıldı lütfen merhaba "
        "sayın teşekkürler teşekkür ederim saygılarımla selamlar gün günü yıl yılı ayı ekte ektedir bugün yarın dün "
        "pazartesi salı çarşamba perşembe cuma cumartesi pazar çünkü eğer ise hem en mi mı mu şu arasında içinde "
        "üzerinde istiyor hakkında kendisi kendisine çocuk çocuğun çocuklar oğlu kızı anne baba ebeveyn eşi okul "
        "doktor hastane hasta hastanın tedavi polis mahkeme para sözleşme iş çalışan başvuru karar belge adres telefon "
        "iki üç dört beş altı yedi sekiz dokuz on yeni eski burada nerede istemiyor gerekiyor fiyat ocak şubat mart "
        "nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık herkes herkese aldı verdi geldi gitti haber kabul "
        "tanısı yatıyor hastası"
    ),
    Tongue.AZERBAIJANI: (
        "və bir bu üçün ilə çox daha kimi qədər olan deyil var yox amma ya mən sən biz siz onlar onu ona onun mənim "
        "sənin bizim sizin hər heç şey sonra əvvəl görə tərəfindən oldu olur olacaq edir xahiş salam hörmətli təşəkkür "
        "gün il ki isə əgər çünki"
    ),
    Tongue.KURDISH: (
        "ku li di de ji bi re ye yê ya yên ên jî ne na ev ew wan wê wî min te me we hûn em ez kir dike dikin hat bû "
        "bûn heye hene dê gelek her hemû lê an ger heke piştî berî bê navbera navbêra ser bo derbarê hevalê hêja silav "
        "spas roj roja sal sala meh meha saet duşemê sêşemê çarşemê pêncşemê înê şemiyê yekşemê xwe dikare dikarin "
        "nikare nikarin tê tên wek çi kî kengî gorî ber zarok zarokan zarokê kur keç bav dibistan dibistanê bijîşk "
        "nexweşxane nexweşxanê nexweş polîs dadgeh pere peyman kar biryar navnîşan du sê çar pênc şeş nû îro sibe duh "
        "vir derê dixwaze divê biha"
    ),
    Tongue.ARABIC: (
        "al wa fi min ila ala an ma la lam lan hadha hadhihi hada dhalik allati alladhi ana anta anti huwa hiya nahnu "
        "antum hum kan kana kanat lana lakum lahu laha indahu indaha yawm salam shukran marhaban ahlan inshallah allah "
        "ya hal kayfa mata ayna bayna qabla ba'd ba'da ma'a hatta idha aw li lil bi bil hawla khilal amama sayyid "
        "sayyidati al-yawm ghadan"
    ),
    Tongue.PERSIAN: (
        "va ke dar az be ra ba in an ast hast nist man shoma ma ou anha ishan baraye ta ham agar vali ya har yek khoob "
        "kheyli khaili lotfan mersi salam dorood emrooz farda dirooz mishavad mikonad mikonam mikonid budam bud bood "
        "shod shodeh kardan konid midanam nemidanam hastam hastid nistam bayad"
    ),
    Tongue.HINDI_URDU: (
        "hai hain ka ki ke ko se mein main nahi nahin aur par hum aap tum kya tha thi the ho raha rahi rahe kar karna "
        "liye bhi jo yeh ye woh wo apna apni mera meri mere hamara aapka aapki unka uska iska unke uske diya gaya gayi "
        "gaye lekin magar agar phir abhi bohot bahut sab kuch koi kab kahan kyun jab tak saath wala wali shukriya "
        "dhanyavad janab sahib salam namaste din saal mahina"
    ),
    Tongue.SOMALI: (
        "iyo waa oo ka ku la in ee ma ayaa waxaa waxay wuxuu waxaan waan way wuu ay aan uu aad laakiin haddii sababtoo "
        "ah sida si loo lagu laga kala soo inuu inay inaan dhammaan kuwa kan tan taas kaas markii marka hadda ilaa dib "
        "kadib hore dambe gudaha dhexe isaga iyada aniga adiga annaga mahadsanid fadlan mudane marwo salaan maalin "
        "maalmood sanad sannadka sannadkii bil bisha toddobaad isniin talaado arbaco khamiis jimce sabti axad qof "
        "qofka dad dadka caruurta carruurta guriga shaqada shaqo waxa leh leedahay yahay tahay yihiin jira saabsan "
        "doonaa doontaa karaa kartaa caruur carruur wiil wiilka gabadh gabadha hooyo hooyada aabe aabbaha waalid "
        "waalidka xaas dugsi dugsiga dhakhtar dhakhtarka isbitaal isbitaalka bukaan daawo daawada booliiska booliska "
        "maxkamad maxkamadda lacag lacagta heshiis codsi go'aan cinwaan telefoon laba saddex afar shan lix toddoba "
        "siddeed sagaal toban cusub berri shalay halkan xaggee doonayaa rabaa qiimaha isku mar marar badan doono "
        "doonto noo nala lagugu ugu kaa kugu iska"
    ),
    Tongue.SWAHILI: (
        "na ya wa kwa ni katika la za cha vya kuwa hii huyu hiyo hizi hao yake wake wao yangu wangu wetu yetu yako "
        "wako lakini au kama pia sana tu bila baada kabla hadi kutoka ambayo ambao ili kwamba hapa asante habari "
        "tafadhali mheshimiwa siku mwaka wiki mwezi jumatatu jumanne jumatano alhamisi ijumaa jumamosi jumapili mtoto "
        "watoto alikuwa ana hana hapana ndiyo sisi wewe mimi yeye baba mama shule daktari hospitali mgonjwa matibabu "
        "polisi mahakama pesa mkataba kazi uamuzi anwani simu mbili tatu nne tano mpya leo kesho jana wapi nataka "
        "lazima bei"
    ),
    Tongue.VIETNAMESE: (
        "và của là có không được cho với các một những này đó trong khi để từ người đã sẽ đang bị tại theo về như cũng "
        "nhưng hoặc vì nếu thì mà ra vào đến trên dưới sau trước tôi chúng anh chị ông bà em bạn quý vị rất mọi tất cả "
        "nhiều ngày tháng năm giờ tuần cảm ơn kính gửi xin chào trân trọng đính kèm thứ hai ba tư bảy chủ nhật con cái "
        "việc nó họ mình"
    ),
    Tongue.INDONESIAN: (
        "yang dan di ke dari untuk dengan ini itu pada adalah tidak akan telah sudah dalam oleh juga atau karena "
        "sebagai saya kami kita anda dia mereka ada bisa dapat harus sangat semua lebih setelah sebelum tanpa sampai "
        "hingga kepada tentang terima kasih selamat yth hormat bapak ibu hari tahun bulan minggu senin selasa rabu "
        "kamis jumat sabtu jika bila maka namun tetapi agar bahwa tersebut boleh adakah encik puan anak istri suami "
        "sekolah dokter rumah sakit pasien pengobatan polisi pengadilan uang kontrak kerja keputusan alamat dua tiga "
        "empat lima enam baru besok kemarin sini mana ingin harga belum masih sedang"
    ),
    Tongue.TAGALOG: (
        "ang ng sa na mga ay at ito iyon si ni kay para kung hindi ko mo niya namin natin ninyo nila siya sila kami "
        "tayo kayo ikaw ako po opo lang din rin pero dahil kapag noong nang may wala mayroon isang lahat bawat habang "
        "pagkatapos bago tungkol mula hanggang salamat magandang kumusta mahal araw taon buwan linggo lunes martes "
        "miyerkules huwebes biyernes sabado kanyang aming inyong kanilang aking iyong gusto pwede maaari kahit ayon "
        "naging nasa narito anak bata magulang ina ama asawa paaralan doktor ospital pasyente gamot pulis korte pera "
        "kontrata trabaho desisyon sertipiko tirahan dalawa tatlo apat lima anim pito walo siyam sampu bagong luma "
        "ngayon bukas kahapon dito saan gustong dapat presyo hiling kasama loob harap"
    ),
    Tongue.DUTCH: (
        "de het een en van is dat die in te niet met op voor zijn aan er om ook als maar dan bij nog naar uit door "
        "wordt worden werd over heeft hebben had kan kunnen zal zullen wil willen moet moeten uw wij we ons onze jij "
        "je jullie hij zij ze haar hem hun mijn dit deze geen of tot na tegen onder tussen zonder wel al heel graag "
        "bedankt dank geachte beste groeten vriendelijke mevrouw meneer bijgevoegd bijlage hierbij maandag dinsdag "
        "woensdag donderdag vrijdag zaterdag zondag jaar dag dagen weken uur omdat want toen waar wat wie hoe alle "
        "iedereen andere vanwege tijdens volgens zodat kind kinderen zoon dochter moeder vader ouders vrouw man school "
        "dokter arts ziekenhuis patiënt behandeling politie rechtbank geld contract werk werknemer aanvraag besluit "
        "bewijs adres telefoon twee drie vier vijf zes zeven acht negen tien nieuw nieuwe oude vandaag morgen gisteren "
        "hier zou moest prijs januari februari maart juni juli augustus per euro kunt bent heb hebt waren weer meer "
        "zeer samen vanaf gaat gaan komt komen krijgt krijgen maakt doet staat zit volgende vorige elkaar hiervoor "
        "hierover waarin welke eens zodra"
    ),
    Tongue.AFRIKAANS: (
        "die en van is dat in te nie met op vir sy aan om ook as maar dan by nog na uit deur word oor het had kan sal "
        "wil moet ons jy julle hy haar hom hulle my dit hierdie geen of tot teen onder tussen sonder wel baie dankie "
        "geagte beste groete mevrou meneer aangeheg maandag dinsdag woensdag donderdag vrydag saterdag sondag jaar dag "
        "dae weke uur omdat want toe waar wat wie hoe alle almal ander volgens"
    ),
    Tongue.FRENCH: (
        "le la les de des du un une et est en que qui dans pour pas sur avec au aux par plus ne ce cette ces son sa "
        "ses il elle ils elles nous vous je tu on mon ma mes votre vos notre nos leur leurs sont été être avoir ont "
        "avez avons suis était sera mais ou où donc car si comme tout tous toute toutes même aussi très bien après "
        "avant sans sous entre depuis chez bonjour merci cordialement monsieur madame cher chère veuillez ci-joint "
        "lundi mardi mercredi jeudi vendredi samedi dimanche année jour jours mois heures parce lors selon afin peut "
        "peuvent pouvez doit fait faire l' d' qu' n' s' c' j' m' enfant enfants fils fille mère père parents femme "
        "mari école médecin hôpital patient patiente traitement police tribunal argent contrat travail demande "
        "décision certificat adresse téléphone deux trois quatre cinq six sept huit neuf dix nouveau nouvelle "
        "nouvelles ancien aujourd'hui demain hier ici voici voilà veut voudrait devez prix janvier février mars avril "
        "mai juin juillet août septembre octobre novembre décembre envoyer d'avance semaine dernière prochaine "
        "prochain matin soir pièce jointe malgré pendant toujours jamais encore chaque celui celle ceux lequel "
        "laquelle quand comment pourquoi qu'il qu'elle membre"
    ),
    Tongue.SPANISH: (
        "el la los las de del un una es en que por para no con su sus se al lo como más pero este esta estos estas ese "
        "esa esto ha han he hemos sido ser está están fue era son nos le les me te mi mis tu yo usted ustedes nosotros "
        "ellos ella muy también ya si sin sobre entre desde hasta cuando donde porque todo todos toda todas otro otra "
        "gracias hola buenos días estimado estimada saludos saludo señor señora adjunto adjunta lunes martes miércoles "
        "jueves viernes sábado domingo año años día mes horas según puede pueden tiene tienen hay quiere hacer quien "
        "cual antes después niño niña niños hijo hija madre padre padres mujer marido escuela médico hospital paciente "
        "tratamiento policía juzgado dinero contrato trabajo solicitud decisión certificado dirección teléfono dos "
        "tres cuatro cinco seis siete ocho nueve diez nuevo nueva nuevas hoy mañana ayer aquí quiero quisiera debe "
        "precio enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre enviar envío "
        "semana pasada próximo próxima meses vez veces cada siempre nunca solo sólo así mismo misma tanto mucho muchas "
        "nuestro nuestra vuestro informe ido tengo soy estoy favor"
    ),
    Tongue.PORTUGUESE: (
        "os as de do da dos das um uma em no na nos nas que por para não com seu sua seus suas se ao aos como mais mas "
        "este esta estes estas esse essa isto foi ser são está estão era lhe me te meu minha meus minhas você eu ele "
        "ela eles elas nós vossa vosso muito também já sem sobre entre desde até quando onde porque todo todos toda "
        "todas outro outra obrigado obrigada olá bom dia caro cara cumprimentos senhor senhora anexo segunda-feira "
        "terça-feira quarta-feira quinta-feira sexta-feira sábado domingo ano anos dias mês horas segundo pode podem "
        "tem têm há quer fazer ou pela pelo pelas pelos às num numa antes depois criança crianças filho filha mãe pai "
        "pais mulher marido escola médico hospital paciente doente tratamento polícia tribunal dinheiro contrato "
        "trabalho pedido decisão certificado morada endereço telefone dois duas três quatro cinco seis sete oito nove "
        "dez novo nova novas hoje amanhã ontem aqui quero gostava gostaria deve preço janeiro fevereiro março abril "
        "maio junho julho agosto setembro outubro novembro dezembro enviar envio semana passada próximo próxima meses "
        "vez vezes cada sempre nunca só assim mesmo tanto nosso nossa informamos tenho estou favor fica"
    ),
    Tongue.ITALIAN: (
        "il lo la gli le di del della dello dei delle degli un una in che per non con su sul sulla si al alla alle ai "
        "agli da dal dalla nel nella nei nelle come più ma questo questa questi queste ha hanno ho abbiamo stato stata "
        "essere sono sia era ci vi mi ti mio mia suo sua loro noi voi lei lui molto anche già se senza tra fra fino "
        "quando dove perché tutto tutti tutta tutte altro altra grazie buongiorno ciao gentile cordiali saluti "
        "distinti signor signora allegato lunedì martedì mercoledì giovedì venerdì sabato domenica anno anni giorno "
        "giorni mese ore secondo può possono deve viene vuole fare dopo prima l' d' un' dell' all' nell' sull' dall' "
        "c' quest' bambino bambini figlio figlia madre padre genitori moglie marito scuola medico ospedale paziente "
        "trattamento polizia tribunale soldi contratto lavoro richiesta decisione certificato indirizzo telefono due "
        "tre quattro cinque sei sette otto nove dieci nuovo nuova nuove nuovi oggi domani ieri qui vorrei vorrebbe "
        "devo prezzo gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
        "inviare settimana scorsa prossimo prossima volta volte ogni sempre mai solo così stesso nostro nostra vostro "
        "vostra suoi sue miei ecco stiamo stanno sta riesce"
    ),
    Tongue.CATALAN: (
        "el la els les de del dels un una és en que per no amb seu seva es al als com més però aquest aquesta aquests "
        "ha han sigut ser està estan va era som ens li em et meu meva jo vostè nosaltres ells ella molt també ja si "
        "sense sobre entre des fins quan on perquè tot tots tota totes altre altra gràcies hola bon dia salutacions "
        "senyor senyora adjunt dilluns dimarts dimecres dijous divendres dissabte diumenge any anys mes hores segons "
        "pot poden té tenen hi vol fer l' d' s' n' m'"
    ),
    Tongue.BASQUE: (
        "eta da ez du dira ditu bat hau hori dute zen ziren izan egin behar ere baina edo nola non noiz zer nor gure "
        "zure bere nire haien oso guztiak eskerrik asko kaixo egun urte aste hil astelehena asteartea asteazkena "
        "osteguna ostirala larunbata igandea arte gabe ondoren aurretik dela duen zuen daude dago"
    ),
    Tongue.WELSH: (
        "yr yn ar am gan wrth at mae nid oedd bydd wedi ei eu ein eich fy dy hi ef nhw ni chi fi ond neu os pan fel "
        "hefyd iawn bob diolch annwyl bore blwyddyn dydd wythnos mis llun mawrth mercher iau gwener sadwrn sul hwn hon "
        "hyn rhwng ôl cyn heb dros oherwydd yw sydd"
    ),
    Tongue.IRISH: (
        "agus an na is tá níl bhí go ar le do de ag as faoi sé sí siad mé tú muid sibh mo ár bhur nach ach nó má nuair "
        "mar freisin an-mhaith gach maith chara bliain lá seachtain mí luan máirt céadaoin déardaoin aoine satharn "
        "domhnach seo sin idir tar éis roimh gan gheall beidh raibh"
    ),
    Tongue.MALTESE: (
        "ta li hu hi huma jien int aħna intom mhux ma ma' ta' fi għal minn dan din dawn kien kienet kienu għandu "
        "għandha għandhom imma jew jekk meta kif ukoll ħafna kollha grazzi għażiż sena jum ġimgħa xahar biex wara "
        "qabel bla sa"
    ),
}
# Letters beside a to z; only those of lower-case words count, for names have any.
LETTERS: Final[Mapping[Tongue, str]] = {
    Tongue.FAROESE: "ðáíóúýøæ",
    Tongue.ICELANDIC: "ðþáíóúýéöæ",
    Tongue.ESTONIAN: "äõöüšž",
    Tongue.LATVIAN: "āčēģīķļņšūž",
    Tongue.LITHUANIAN: "ąčęėįšųūž",
    Tongue.POLISH: "ąćęłńóśźż",
    Tongue.CZECH: "áčďéěíňóřšťúůýž",
    Tongue.SLOVAK: "áäčďéíĺľňóôŕšťúýž",
    Tongue.SLOVENIAN: "čšž",
    Tongue.BOSNIAN_CROATIAN_SERBIAN: "čćđšž",
    Tongue.ALBANIAN: "çë",
    Tongue.ROMANIAN: "ăâîșțşţ",
    Tongue.HUNGARIAN: "áéíóúöőüű",
    Tongue.TURKISH: "çğıöşüâî",
    Tongue.AZERBAIJANI: "çəğıöşü",
    Tongue.KURDISH: "çêîşû",
    Tongue.VIETNAMESE: "ăâđêôơưàáãèéìíòóõùúýĩũ" + "".join(map(chr, range(0x1EA0, 0x1EFA))),
    Tongue.SPANISH: "áéíñóúü",
    Tongue.PORTUGUESE: "áâãàçéêíóôõú",
    Tongue.ITALIAN: "àèéìòóù",
    Tongue.CATALAN: "àçèéíïòóúü",
    Tongue.IRISH: "áéíóú",
    Tongue.MALTESE: "ċġħż",
}
