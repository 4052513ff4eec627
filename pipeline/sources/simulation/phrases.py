"""Phrases of simulated chatters, of our own making, sorted by how VADER takes them.

`{thing}`, `{move}`, `{time}` and `{number}` are filled in; openers and tails vary the
rest. Tests check that UNSCORED comes out as exactly 0, PRAISE above and BLAME below it.
"""

from pipeline.sources.simulation.profiles import BUSY, MEDIUM, QUIET

THINGS = {
    QUIET: (
        "the rope", "that buoy", "the lighthouse", "the second dock", "the little boat",
        "the tide", "the crab crate", "the north pier", "that gull", "the anchor",
        "the old ferry", "the net shed", "the fog horn", "that sandbar", "the harbour map",
    ),
    MEDIUM: (
        "the third door", "that lever", "the blue key", "the choir room", "the mushroom bit",
        "the rope bridge", "that echo", "the lamp", "the flooded stairs", "the bell",
        "the mirror hall", "that ledge", "the old lift", "the bat room", "the stone frog",
    ),
    BUSY: (
        "that drift", "the last lap", "turn three", "the shortcut", "the red car", "the tunnel",
        "that ramp", "the mirror lap", "the hairpin", "the pit lane", "lap two", "the rooftop",
        "that overtake", "the split time", "the wet track",
    ),
}  # fmt: skip

MOVES = (
    "turn", "jump", "run", "landing", "route", "catch", "line", "guess", "try", "detour",
)  # fmt: skip
TIMES = ("today", "this week", "tonight", "this time", "since monday", "all evening")
NUMBERS = ("two", "three", "four", "five", "seven", "ten", "a dozen", "20", "40", "99")

OPENERS = (
    *[""] * 14, "so ", "wait ", "wait, ", "um ", "chat ", "oh ", "hm ", "ooh ", "hey ", "bro ",
)  # fmt: skip
TAILS = (
    *[""] * 12, " tbh", " imo", " i think", "...", " rn", " btw", " ngl", " though", " somehow",
    "!", "!!",
)  # fmt: skip

# What ends a word or two.
MARKS = ("!", "!!", "!!!", "?", "??", "..", "...", ".", " chat", " tho", " rn", " again")

UNSCORED = (
    "what does {thing} do", "is {thing} new", "go back to {thing}",
    "did you look behind {thing}", "how many times is it {thing} {time}",
    "when did you get to {thing}", "i was away, what happened at {thing}",
    "which way was {thing}", "try {thing} from the left", "{thing} again", "not {thing} again",
    "is {thing} next?", "what time is it where you are", "anyone else hear {thing}",
    "is this the part with {thing}", "turn around at {thing}",
    "i thought {thing} was in the other zone", "my brother calls it {thing}",
    "someone clip {thing}", "{thing} in {number} minutes", "{number} tries at {thing}",
    "over or under {number} tries", "{time} and still at {thing}", "is {thing} on a timer",
    "the {move} before {thing} was longer", "how did that {move} even work",
    "what if you skip {thing}", "i counted {number} of them", "it was {number} {time}",
    "has anyone done {thing} without looking", "is that {thing} or another one",
    "same thing at {thing} {time}", "that {move} took {number} seconds",
    "who put {thing} there", "first time here, what is {thing}", "left at {thing}, then up",
    "{thing} looks different {time}", "the sound at {thing} changed", "what was that {move}",
    "did the {move} count", "does {thing} open both ways", "i only know {thing} from the clips",
    "eating noodles and watching {thing}", "my tea went cold at {thing}",
    "how long until {thing}", "where does {thing} go", "remember {thing} from last week",
    "i would take {thing} over this", "was it always {thing}", "it is always {thing}",
    "put {thing} in the title", "do the {move} one more time", "that is not how {thing} works",
)  # fmt: skip

PRAISE = (
    "i love {thing}", "{thing} is so good", "that was a great {move}", "beautiful {move}",
    "nice {move}", "{thing} is my favorite part", "well played at {thing}",
    "happy you found {thing}", "good luck with {thing}", "ok that {move} was awesome",
    "haha {thing}", "lol {thing}", "wow {thing}", "best {move} {time}", "that {move} was clean",
    "this is fun", "{thing} looks pretty", "i like {thing}", "yes, {thing}", "yeah {thing}",
    "lmao the {move}", "lol that {move}", "what a cute {move}", "thanks for showing {thing}",
    "{thing} is easy", "that was smart", "i enjoy {thing}", "such a cool {move}",
    "perfect {move}", "glad we are past {thing}", "true, {thing}", "sure, {thing}",
    "the {move} was worth it", "welcome to {thing}", "lovely {move} at {thing}",
)  # fmt: skip

BLAME = (
    "{thing} is the worst", "i hate {thing}", "that {move} was terrible", "bad {move}",
    "{thing} is broken", "i am sad about {thing}", "{thing} is boring", "{thing} scares me",
    "what an ugly {move}", "bad luck at {thing}", "that {move} hurt", "painful {move}",
    "{thing} is a mess", "stupid {thing}", "wrong way at {thing}", "i am worried about {thing}",
    "damn {thing}", "wtf was that {move}", "that {move} was awful", "oh no {thing}",
    "i am lost at {thing}", "stuck at {thing}", "weird {move}", "ugh {thing}",
    "you missed {thing}", "poor {move} at {thing}", "crazy {move}", "{thing} is a trap",
    "the {move} failed", "tired of {thing}", "that was lame", "{thing} is annoying",
)  # fmt: skip

SHORT_UNSCORED = (
    "what", "?", "same", "wait", "oh", "ooh", "hm", "huh", "yup", "nope", "??", "???", "maybe",
    "again", "oof", "real", "bruh", "aww", "wait what", "clip it", "here we go", "one more",
    "ouch", "almost", "left", "right there", "the other one", "1", "2", "soon", "not yet",
    "how", "why", "when", "go", "now", "mhm", "sheesh", "nooo", "so close", "told you", "pog",
    "every time", "again?", "not again", "this one", "who", "brb", "it counts", "mid", "bet",
)  # fmt: skip
SHORT_PRAISE = (
    "lol", "LOL", "lmao", "haha", "hahaha", "nice", "wow", "yes", "yeah", "ok", "true", "gg",
    "good one", "nice one", "love it", "well done", "lol ok", "yep", "best", "so good", "cute",
)  # fmt: skip
SHORT_BLAME = (
    "no", "oh no", "damn", "wtf", "ugh", "sad", "bad", "boring", "no way", "lost", "stop",
    "bad idea", "the pain", "wrong way", "that hurt", "crazy", "insane",
)  # fmt: skip

# What a burst of each kind says in words; its emotes are in emotes.py.
BURST_WORDS = {
    "hype": (
        "LETS GOOO", "YOOO", "LETS GO", "HUGE", "CLEAN", "WHAT A RUN", "WOW", "gg", "GG",
        "nice one", "AMAZING", "WHAT", "OHHH", "he did it", "FINALLY", "W",
    ),
    "laugh": (
        "lol", "LOL", "lmao", "LMAO", "hahaha", "haha", "im dying", "LMAOOO", "xd", "not again",
        "every time", "clip that", "lmao what", "LOL what was that",
    ),
    "sad": (
        "nooo", "NOOO", "F", "rip", "oh no", "so close", "aww", "that hurt", "pain", "sad",
        "one more try", "almost", "this is sad", "unlucky", "bad luck",
    ),
    "tense": (
        "careful", "behind you", "oh no", "dont look", "i cant watch", "wait", "hold it",
        "so scary", "slow", "dont breathe", "danger", "one more", "this is scary",
    ),
    "scorn": (
        "boring", "really", "why", "bad", "skip", "ugh", "zzz", "that was terrible", "stop",
        "not this again", "weird", "...", "worst part",
    ),
    "greet": (
        "hi", "hello", "hey", "raid", "RAID", "hi everyone", "welcome raiders", "hello raiders",
        "welcome in", "we made it", "o/", "evening all", "hi from the raid", "what did we miss",
    ),
    "thank": (
        "ty", "grats", "congrats", "W", "welcome", "thanks for the gift", "W gift", "so kind",
        "wow thank you", "one of us", "i got one",
    ),
    "bye": (
        "bye", "bye all", "good night", "gn", "see you next time", "thanks for the stream",
        "that was fun", "later", "take care", "good stream",
    ),
}  # fmt: skip

PASTES = (
    "i came for the boat and stayed for the rope, tell my crew i am never going home",
    "one lamp, two lamps, three lamps, the cave remembers every lamp you drop",
    "dear racing board, my cousin drove this lap in a shopping cart, please advise",
    "the gull sees all, the gull knows all, feed the gull or lose the sandwich",
    "this chat has been simulated in a dry place, shake well before reading",
    "raise your oars, lower your hopes, the captain is reading the map upside down",
    "knock once for left, knock twice for right, knock three times for the stone frog",
    "tyres: round. road: flat. driver: thinking about soup. we win these",
)
COMMANDS = ("!commands", "!map", "!song", "!uptime", "!rank", "!rules", "!lurk", "!pb")
BOT_LINES = (
    "All of this chat is simulated; nobody here is real.",
    "Type !commands for the list of commands.",
    "The stream has been up for {number} hours and {number} minutes.",
    "Current rank: {number}. Best time: 1:{number}.",
    "Playing now: a made-up song by nobody.",
    "Rules: be kind, stay simulated, feed the gull.",
)
RAIDERS = (
    "sim_tidepool", "sim_breakwater", "sim_pinball", "sim_grotto", "sim_kiosk", "sim_foghorn",
    "sim_jukebox", "sim_mangrove",
)  # fmt: skip
