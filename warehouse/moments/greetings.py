"""Greetings and goodbyes: what everybody says when a stream, a raid or a friend begins or ends."""

import re

_WORDS = frozenset(
    "hi hii hiya hello helo hey heya heyo howdy yo sup welcome morning evening gm bye byee goodbye "
    "goodnight gn cya farewell gg ggs ggwp hallo moin servus hej siema cześć hola buenas "
    "adios adiós oi olá ola tchau salut bonjour bonsoir coucou ciao merhaba selam "
    "привет здравствуйте пока "
    "你好 大家好 晚上好 早安 午安 晚安 拜拜 掰掰 再见 再見 안녕 안녕하세요 ㅎㅇ ㅂㅇ 방가 "
    "こんにちは こんばんは おはよう おつ おつかれ 乙 สวัสดี مرحبا שלום heyguys vohiyo".split()
)
# an emote, a channel's own too: the end of its name
_NAMED = re.compile(r"[A-Za-z0-9]*(?:Hi|Hey|Hello|Wave|Bye|Raid|Welcome|GG)")


def is_greeting(term: str, kind: str) -> bool:
    """True for a term (kind: word, emote, emoji) with which people come or go, win or lose."""
    if term.casefold() in _WORDS or term == "👋":
        return True
    return kind == "emote" and _NAMED.fullmatch(term) is not None
