"""Laughter is laughter in each language's letters, and what only looks like it is not."""

import pytest

from warehouse.moments.laughter import laughing, laughs

LAUGHTER = """
haha HAHAHA ahah ahahah hehe hihi hihihi hohoho bahaha jaja JAJAJA jejeje jsjsjs kkk KKKKK ksksks
lol LOOOL loool lul lel lulz lmao LMFAO rofl xd XD xDDD Xd xdxd kek kekw kekeke wkwk wkwkwk rsrs
huehue huahua mdr MDRRR ptdr ptdrr www wwww lol, haha! "xD"
ㅋ ㅋㅋ ㅋㅋㅋㅋ ㅎㅎ 아니ㅋㅋㅋ 푸하하 草 草草 大草原 それは草 すごいw すごいｗｗｗ
笑 (笑) 笑死 我笑了 绷不住了 哈哈 哈哈哈哈 呵呵 嘻嘻 ㄏㄏ ههههه חחחח ฮ่าๆ
хаха ХАХАХА хехе ахах ахахаха хд лол кек лмао
LUL KEKW OMEGALUL 4Head PepeLaugh streamerLUL peepoLaugh 😂 🤣🤣
hahahaa bwahaha muahahaha ¡jajaja! jajsjajaj hhhh LULULUL LULE luls KEKL KEKWait topkek
OMEGALULULUL ICANT fl0mLUL xqcKEK natLaugh kitsLul rooKek leaflitLol streamOmegalul zkiHaha
"""
OTHERWISE = """
ha he lo w ww5 k kk rs h 555 5555 233 zzz zz laugh hello hallo lola look ok kekse jam ja java aha
as dd x icant hah Lulu ShadyLulu tanukek macalul slaughter phloxD T1LTXD hh
хорошо ахтунг лол1 ㅠㅠ ㄷㄷ ㅎ하 苦笑い 啊 哈 www.example.com Kappa 😀 ! 1 7777 +1 \ud800
"""


@pytest.mark.parametrize("token", LAUGHTER.split())
def test_laughter_is_known_in_each_languages_letters(token: str) -> None:
    assert laughs(token)


@pytest.mark.parametrize("token", OTHERWISE.split())
def test_what_is_something_else_is_no_laughter(token: str) -> None:
    assert not laughs(token)


def test_messages_that_laugh_are_counted_once_each() -> None:
    assert laughing(["haha lol xD", "why", "so KEKW", ""]) == 2
    assert laughing([]) == 0


@pytest.mark.parametrize(
    ("chat", "token"),
    [
        ("안녕하세요", "zzz"),
        ("สวัสดี", "555"),
        ("สวัสดี", "55555+"),
        ("你好嗎", "2333"),
        ("你好嗎", "xswl"),
        ("おはよう", "w"),
    ],
)
def test_some_forms_laugh_in_chat_of_their_own_letters_alone(chat: str, token: str) -> None:
    assert laughing([chat, chat, token]) == laughing([chat, token.upper()]) == 1
    assert laughing(["good morning", "hello there", token]) == 0
    assert laughing([chat, *["good morning"] * 9, token]) == 0, "one guest makes no chat of it"


def test_chinese_laughs_within_what_has_no_spaces() -> None:
    assert laughing(["主播233", "主播12333", "房间1233号"]) == 1


@pytest.mark.parametrize(
    "text", ["ha" * 5000, "x" * 10_000 + "d!", "hahah" * 999 + "!", "哈" * 9999]
)
def test_ten_thousand_letters_are_no_trouble(text: str) -> None:
    assert laughing([text]) in (0, 1)
