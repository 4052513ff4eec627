"""Laughter in each language's letters: amusement, which is neither a good mood nor a bad one.

A token is judged by itself. Three forms mean something else elsewhere, and laugh in chat of
their own letters alone: `zzz` (ㅋㅋㅋ typed on a Latin keyboard), `555` (5 is ha in Thai) and `233`
(of an old Chinese board); so does a single `w` at the end of a Japanese word.
"""

import re
from collections.abc import Sequence
from itertools import filterfalse

from warehouse.remembered import Remembered

_EDGES = ".,!?¡¿:;\"'()[]*~_-…！？。、，（）「」"
# Syllables and letters that are said again: haha, jaja, kkkk, wkwk, hihi, rsrs, хаха, ههه, 哈哈
_WORDS = re.compile(
    r"[abemuw]*(?:h+[aeiou]+){2,}h*|a+h+a+h[ah]*|h{3,}"
    r"|a*(?:j+[aei]+){2,}j*|(?:j+[as]+){3,}j*|(?:j+s+){2,}j?|(?:s+j+){2,}s?"
    r"|(?:k+s+){2,}k?|(?:s+k+){2,}s?|(?:hue){2,}|h+u+a+h+u+a+[hua]*|(?:w+k+){2,}w?|(?:r+s+){2,}|k{3,}"
    r"|w{2,}|l+o+l+(?:o+l+)*z?|(?:l+u+)+l+[zwes]?|l+e+l+z?|l+m+f*a+o+|r+o+f+l+"
    r"|(?:x+d+)+|(?:top)?(?:ke+)+k(?:[wlsg]|wait|leo)?|(?:ke){2,}|kekega|o*mega(?:lu+)+l+w?"
    r"|m+d+r+|pt+d+r+|а*(?:х+[аеиоэ]+){2,}х*|а*(?:х+а+)+х+|(?:[хx]+д+)+|л+[оуе]+л+"
    r"|к+е+к+|л+м+а+о+|(?:χ+[αεο]+){2,}χ*|ח{3,}|ه{3,}|خ{3,}|(?:हा){2,}|ฮ่า+ๆ*|(?:ฮ่า){2,}"
)
# those that stand at the end of a word, or within what has no spaces
_WITHIN = re.compile(
    r"[ㅋㅎ]{2}|ㅋ$|^ㅎ$|크크크|하하하|푸하|[哈呵嘻嘿]{2}|ㄏㄏ|ㄎㄎ|笑[死哭喷噴了嘻]|爆笑|绷不住|繃不住|[(（]笑[)）]|笑+$|草+$|草生え|大草原|ｗ+$"
    r"|[\u3040-\u30ff\u4e00-\u9fff]w+$|わろた|ワロタ"
)
_OF_SCRIPT = {
    "Hangul": re.compile(r"z{2,}"),
    "Thai": re.compile(r"5{3,}\+?"),
    "Han": re.compile(r"(?:.*\D)?23{2,}|xswl"),
    "Kana": re.compile(r"w+"),
}
_SCRIPTS = {
    "Hangul": re.compile(r"[\uac00-\ud7a3\u3131-\u318e]"),
    "Thai": re.compile(r"[\u0e01-\u0e5b]"),
    "Kana": re.compile(r"[\u3040-\u30ff]"),
    "Han": re.compile(r"[\u4e00-\u9fff]"),
}
_LONGEST = 64  # characters of a token that are looked at: laughter goes on as it began
_ITS_OWN = 0.2  # of messages: from so many on, chat is in that script
_EMOTES = frozenset(("ICANT", "4Head", "LULWUT"))  # that no word and no name tells
# an emote, a channel's own too: the end of its name
_NAMED = re.compile(
    r"[A-Za-z0-9]*[a-z0-9](?:(?:OMEGA)?LUL[EW]?|KEK[LW]?|LMF?AO|LOL|HAHA|ROFL|ICANT|XDD?"
    r"|(?:Lul|Omegalul)[ew]?|Kek[lw]?|Lmf?ao|Lol|Haha|Hehe|Laugh(?:ing)?|Giggles?)"
)
_EMOJI = re.compile("[😂🤣😹😆]")


def laughs(token: str) -> bool:
    """True for a token that is laughter in whatever chat: hahaha, LUL, ㅋㅋ, 草, хаха, 😂."""
    return _LAUGHS[token]


def laughing(texts: Sequence[str]) -> int:
    """How many of a window's messages laugh."""
    told = _LAUGHS.__getitem__
    having = [any(map(told, text.split())) for text in texts]
    for form in [_OF_SCRIPT[script] for script in _scripts(texts)]:
        for i, text in enumerate(texts):
            having[i] = having[i] or any(map(form.fullmatch, text.lower().split()))
    return sum(having)


def _scripts(texts: Sequence[str]) -> list[str]:
    """Those that a fifth of the messages, and more, have letters of."""
    others = list(filterfalse(str.isascii, texts))
    if len(others) < _ITS_OWN * len(texts):
        return []
    having = {s: sum(map(bool, map(letter.search, others))) for s, letter in _SCRIPTS.items()}
    return [script for script, n in having.items() if n and n >= _ITS_OWN * len(texts)]


def _is_laughter(token: str) -> bool:
    if token in _EMOTES or _NAMED.fullmatch(token):
        return True
    word = token[:_LONGEST].strip(_EDGES).lower()
    if _WORDS.fullmatch(word):
        return True
    return not word.isascii() and bool(_WITHIN.search(word) or _EMOJI.search(word))


_LAUGHS: Remembered[str, bool] = Remembered(_is_laughter)
