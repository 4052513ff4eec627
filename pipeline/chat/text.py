"""Text of chat as it should be read, and what is not chat: bots, commands."""

import re

# accounts that announce rather than chat, on a great many channels
KNOWN_BOTS = frozenset(
    "nightbot streamelements streamlabs moobot fossabot wizebot stay_hydrated_bot soundalerts "
    "sery_bot commanderroot pretzelrocks streamstickers kofistreambot own3d botisimo "
    "tangiabot blerp frostytoolsdotcom creatisbot deepbot phantombot coebot xanbot "
    "mikuia hnlbot ohbot scottybot ankhbot vivbot".split()
)
_COMMAND = re.compile(r"!\w")
_MENTION = re.compile(r"@\w{2,25}")
# tags, variation selectors for text, zero-width and direction marks: chat clients add some to
# get around the duplicate filter, and they break words apart. U+200D and U+FE0F build emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
LONE = re.compile("[\ud800-\udfff]")  # half a pair: what broken JSON leaves in a text
MAX_TEXT = 2000  # characters; Twitch allows 500


def is_filtered(text: str, chatter: str, bot: bool) -> bool:
    """Bots and !commands are counted apart: they are not how the chat feels."""
    is_command = text.startswith("!") and _COMMAND.match(text) is not None
    return bot or is_command or chatter in KNOWN_BOTS


def visible(text: str) -> str:
    """The text without invisible characters, at most 2,000 characters of it."""
    text = text[:MAX_TEXT]
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", text)


def masked(text: str) -> str:
    """The text with every @mention as @…, fit to be shown."""
    return _MENTION.sub("@…", text)


def word_of(token: str) -> str:
    """A token as a term: lower case, without punctuation around it; '' for none.

    What starts with @ is a person, what holds a slash or a dot inside is a link: never terms.
    """
    if token.startswith("@") or "/" in token:
        return ""
    word = token.strip(_PUNCTUATION).lower()
    if not 1 < len(word) <= 25 or "." in word or word.isdigit():
        return ""
    return word


_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…“”‘’«»¿¡、。！？"

# words so common that their count says nothing about a window
STOPWORDS = frozenset(
    "the and that this with have has had for you your are was were will would could should can "
    "not but from they them their there then than what when where who how why which while just "
    "about into out off over under his her him she its our ours mine yours one two all any some "
    "more most other only own same too very also did does doing done being been get got gets "
    "going gonna wanna gotta let lets it's i'm i've i'll he's she's that's don't didn't isn't "
    "can't won't you're we're they're there's what's of to in on at by is it he we me my be do "
    "if or so as an up us am im ill ive dont cant wont thats its go a i".split()
)


def is_named(word: str) -> bool:
    """Whether a word of letters is a term that is named where it carries nothing."""
    return 1 < len(word) <= 25 and word not in STOPWORDS
