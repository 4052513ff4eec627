"""Chat made up in several languages, as Twitch writes it: short, slangy, accents left out."""

CHAT = {
    "english": """
        lmaooo he actually did it
        no shot chat
        why would you go mid there tho
        bro is cooked
        KEKW
        gg ez
        W stream
        thats crazy ngl
        can we get a hype train going
        he is so bad at this lol
        did you guys see the clip from yesterday
        PogChamp PogChamp
        ratio
        what song is this
        deadass thought he was dead
        u gonna play ranked later?
        nahhh this boss is so unfair
        LULW he fell off again
        been here since 2k viewers man
        first time chatter hi everyone
        skill issue
        imagine not dodging that
        ty for the sub bro
        this game looks sick fr""",
    "spanish": """
        jajajaja no puede ser
        que malo es este tio
        hola a todos como estan
        KEKW
        vamos equipo que se puede
        por que no usa la otra arma
        buen stream crack
        xd
        me muero de la risa con este man
        cuando vas a jugar con tu hermano
        saludos desde mexico
        PogChamp
        eso fue pura suerte la verdad
        ya se murio otra vez
        no mames guey
        que cancion es esa
        dale que ganas
        este jefe es muy dificil
        LUL LUL
        se le fue la senal o que
        la proxima partida la ganamos
        tengo sueño pero no me quiero perder esto
        alguien sabe a que hora empieza manana
        el mejor de todos sin duda""",
    "portuguese": """
        kkkkkkkk que isso mano
        nao acredito que ele errou essa
        boa noite chat
        KEKW
        joga muito esse cara
        vai dar ruim
        salve salve galera
        por que ele nao usou o especial
        manda um salve pra minha mae
        ta muito lagado hoje
        PogChamp
        essa musica e boa demais
        perdeu de novo coitado
        quem ta ganhando ai
        vamo time
        mds que susto
        ele vai voltar amanha ?
        cheguei agora o que aconteceu
        LUL
        tmj irmao
        melhor live da semana
        nunca vi jogar tao mal na vida
        tira print disso ai
        saudade das lives de madrugada""",
    "german": """
        hahaha der ist so schlecht
        moin chat
        warum geht er nicht einfach zurück
        KEKW
        das war richtig knapp digga
        wann spielst du wieder mit den jungs
        gute nacht leute
        PogChamp
        ich lach mich kaputt
        was ist das für ein lied
        wieder mal pech gehabt
        lol was macht der da
        ehrenmann danke für den sub
        kann mal jemand den mod holen
        schon wieder tot man
        LUL
        das spiel sieht echt gut aus
        ich muss morgen früh raus aber egal
        nicht schlecht herr specht
        bester streamer deutschlands
        hast du das gestern gesehen
        der boss ist viel zu stark
        ne das glaub ich nicht
        jetzt aber""",
    "french": """
        mdrrr il est trop nul
        salut tout le monde
        mais pourquoi il fait ca
        KEKW
        c'est quoi cette musique
        bien joue frero
        ptdr j'en peux plus
        il est mort encore une fois
        t'as vu le clip d'hier soir
        PogChamp
        allez on y croit
        jsp ce qu'il fait la
        force a toi mec
        quand est ce que tu rejoues avec les autres
        ca lag chez vous aussi ?
        LUL
        le boss est beaucoup trop fort
        merci pour le stream c'etait cool
        on dirait ma grand mere qui joue
        bonne nuit a tous je vais dormir
        il va rager dans deux minutes
        oh la chance qu'il a eue
        nan mais serieux
        trop beau ce jeu""",
    "turkish": """
        hahaha bu ne ya
        selam millet nasilsiniz
        neden oraya gitti anlamadim
        KEKW
        abi cok kotu oynuyor
        helal olsun kardesim
        sarkinin adi ne
        PogChamp
        yine oldu adam ya
        ne zaman baslayacak oyun
        bugun cok lag var
        LUL
        iyi geceler herkese
        bence kazanir bu maci
        aglamak istiyorum artik
        dun gece ki yayini gordunuz mu
        hadi be yaparsin
        boyle sans olmaz
        ben gidiyorum yarin okul var
        bu bolum cok zor
        eline saglik reis
        yok artik daha neler
        kanala abone oldum
        guzel oyunmus""",
    "italian": """
        ahahah ma che fai
        ciao a tutti ragazzi
        perche non usa la spada
        KEKW
        sei il migliore
        non ci credo che ha sbagliato
        che canzone e questa
        PogChamp
        ma quanto e scarso
        buonasera chat come va
        e morto di nuovo
        dai che ce la fai
        LUL
        domani a che ora inizi
        troppo forte questo boss
        mi fa morire dal ridere
        grazie per la live
        avete visto la clip di ieri
        ma sei serio
        che culo che ha avuto
        io vado a dormire notte
        gioca con gli altri stasera?
        bella fra
        questo gioco mi piace un sacco""",
    "polish": """
        hahaha co on robi
        siema wszystkim
        dlaczego on tam poszedl
        KEKW
        ale slabo gra
        co to za piosenka
        PogChamp
        znowu zginal
        kiedy grasz z chlopakami
        dobranoc czat
        nie wierze w to
        dobry stream mordo
        LUL
        jutro do szkoly ale trudno
        ten boss jest za trudny
        dawaj dasz rade
        widzieliscie wczorajszy klip
        ale mial szczescie
        smiechu warte
        gdzie jest moderator
        lagi dzisiaj straszne
        pozdrawiam z krakowa
        bez jaj
        swietna gra polecam""",
    "russian": """
        ахахаха что он делает
        всем привет
        зачем он туда пошел
        KEKW
        как же он плохо играет
        что за песня играет
        PogChamp
        опять умер
        когда будешь играть с пацанами
        лол
        не верю своим глазам
        хороший стрим
        LUL
        завтра на работу
        босс слишком сложный
        давай ты сможешь
        видели вчерашний клип
        ну и везет ему
        спокойной ночи чат
        где модеры""",
    "korean": """
        ㅋㅋㅋㅋㅋㅋ 뭐하냐
        안녕하세요 여러분
        왜 거기로 갔어
        KEKW
        진짜 못한다
        노래 제목 뭐예요
        PogChamp
        또 죽었네 ㅠㅠ
        언제 같이 게임해요
        ㄹㅇㅋㅋ
        믿을 수가 없다
        방송 재밌어요
        LUL
        내일 출근해야 되는데
        보스 너무 어렵다
        할 수 있어 화이팅
        어제 클립 봤어요?
        운이 좋네
        잘자요
        렉 걸린다""",
    "japanese": """
        草
        wwwwww
        こんばんは
        なんでそっち行ったの
        KEKW
        下手すぎるだろ
        この曲なんですか
        PogChamp
        また死んだ
        いつコラボするの?
        信じられない
        配信ありがとう
        LUL
        明日仕事なのに
        ボス強すぎる
        頑張れー
        昨日のクリップ見た?
        運がいいな
        おやすみなさい
        ラグい""",
    "chinese": """
        哈哈哈哈 他在干嘛
        大家好
        为什么去那边
        KEKW
        打得太烂了吧
        这是什么歌
        PogChamp
        又死了
        什么时候一起玩
        不敢相信
        直播不错
        LUL
        明天还要上班
        这个boss太难了
        加油你可以的
        昨天的视频看了吗
        运气真好
        晚安""",
    "dutch": """
        hahaha wat doet hij nou
        hoi allemaal
        waarom ging hij daar naartoe
        KEKW
        man wat is die slecht
        welk liedje is dit
        PogChamp
        alweer dood
        wanneer speel je met de jongens
        lekker bezig gozer
        ik geloof er niks van
        leuke stream vandaag
        LUL
        morgen weer vroeg op maar boeiend
        die baas is veel te sterk
        kom op je kan het
        heb je die clip van gisteren gezien
        wat een mazzel
        welterusten chat
        ik heb er zin in
        doe niet zo raar joh
        het spel ziet er mooi uit""",
    "swedish": """
        hahaha vad gör han
        hej allihopa
        varför gick han dit
        KEKW
        fan vad dålig han är
        vilken låt är det här
        PogChamp
        död igen
        när spelar du med grabbarna
        grymt bra jobbat
        jag tror inte på det här
        bra stream idag
        LUL
        måste upp tidigt imorgon men skitsamma
        bossen är alldeles för svår
        kom igen du klarar det
        såg ni klippet från igår
        vilken tur han hade
        god natt chatten
        det här spelet ser snyggt ut""",
    "indonesian": """
        wkwkwk ngapain dia
        halo semuanya
        kenapa dia ke sana
        KEKW
        jelek banget mainnya
        ini lagu apa ya
        PogChamp
        mati lagi
        kapan main bareng temen temen
        mantap bang
        gak percaya aku
        bagus streamnya hari ini
        LUL
        besok harus kerja tapi gapapa
        bosnya susah banget
        ayo kamu pasti bisa
        kalian lihat klip kemarin gak
        beruntung sekali dia
        selamat malam semua
        sinyalnya jelek nih""",
}


def lines(language: str) -> list[str]:
    """Its messages, in order."""
    return [line.strip() for line in CHAT[language].strip().splitlines()]
