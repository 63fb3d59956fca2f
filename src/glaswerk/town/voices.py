"""Voices: how an account opens, closes and spells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from glaswerk.town.grammar import lines


@dataclass(frozen=True)
class Voice:
    """A manner of writing; `calm` 1 means hardly any decoration, 0 means lots."""

    id: str
    openers: tuple[str, ...]
    closers: tuple[str, ...]
    lower: bool = False
    typos: float = 0.01
    calm: float = 0.5


def _voice(id: str, openers: str, closers: str, **manner: float | bool) -> Voice:
    return Voice(id, lines(openers), lines(closers), **manner)  # type: ignore[arg-type]


VOICES = (
    _voice(
        "pensioner",
        """
        In my day we knew such things.
        Nobody asks me, but here goes.
        Since you young people never listen:
        Mark my words.
        Hmph.
        """,
        """
        Not that anyone cares.
        And the benches are still broken.
        My knees say rain.
        There, I said it.
        Used to be different.
        """,
        calm=0.4,
    ),
    _voice(
        "enthusiast",
        """
        Oh I love this town!
        Happy day!
        Best thing I heard all week!
        Good morning, lovely people!
        Guess what!
        """,
        """
        Isn't that wonderful? 🥐
        Hugs to all! 💛
        Love it! 🎉
        Makes me smile every time! 😊
        What a place! ☀️
        """,
        calm=0.2,
    ),
    _voice(
        "clerk",
        """
        For the record:
        A note for the file.
        To avoid confusion:
        In short:
        Confirmed:
        """,
        """
        No further comment.
        As minuted.
        Please file accordingly.
        Kind regards.
        That concludes the matter.
        """,
        calm=0.7,
        typos=0.0,
    ),
    _voice(
        "teen",
        """
        ok so
        random fact but
        not me knowing this but
        lol
        no joke,
        """,
        """
        lol
        that's it, that's the post
        idk why I know this
        send help
        wild 💀
        """,
        lower=True,
        typos=0.06,
        calm=0.4,
    ),
    _voice(
        "fisher",
        """
        The fish are not biting, so here is some news.
        From the bank of the river:
        Stood in the river for three hours and learned this.
        Breaking news, hold your breath.
        Oh joy.
        """,
        """
        Thrilling, I know.
        The perch were not impressed.
        Back to the rod.
        You may applaud now.
        Hold the front page. 🎣
        """,
        calm=0.4,
    ),
    _voice(
        "fan",
        """
        Half-time thought:
        Come on Rovers!
        From the terrace:
        Still hoarse from Saturday, but:
        Team news of a kind:
        """,
        """
        Up the Rovers! ⚽
        Three points in my book.
        What a goal.
        See you at the match.
        Never a penalty, though.
        """,
        calm=0.4,
    ),
    _voice(
        "birder",
        """
        Two herons at dawn, and this:
        From the hide:
        Between two showers I noted this down.
        Notebook, page forty:
        Quiet morning at the reed bed.
        """,
        """
        Also: one kingfisher. 🐦
        The wagtails agree.
        Binoculars are wonderful things.
        And a wren in the hedge.
        Back to the swifts.
        """,
        calm=0.5,
    ),
    _voice(
        "nurse",
        """
        Home from the night shift.
        Too tired to sleep, so:
        Tea first, then this:
        Six in the morning thoughts.
        Night shift gossip:
        """,
        """
        Now bed.
        Be kind to each other.
        Wash your hands, everyone.
        Good night, or good morning.
        Coffee, please. ☕
        """,
        calm=0.5,
    ),
    _voice(
        "tourist",
        """
        Third day in town and I keep learning.
        Visiting again and look what I found out.
        Travel diary:
        A local told me this over breakfast.
        Why did nobody tell me about this place?
        """,
        """
        We will be back. 📷
        So charming.
        Sending postcards now.
        The scones alone are worth the trip.
        I never want to leave.
        """,
        calm=0.4,
    ),
    _voice(
        "neighbour",
        """
        Just saying.
        Small town news:
        By the way:
        Over the fence I heard this.
        Did you know?
        """,
        """
        Small world.
        Anyway, the kettle is on.
        Pass me the biscuits.
        That is all from me.
        More soon.
        """,
        calm=0.6,
    ),
    _voice(
        "grump",
        """
        Fine, I will say it.
        Can we please get one thing right?
        Wrong on the internet again, so:
        Ugh.
        Since people keep getting it wrong:
        """,
        """
        How hard can it be?
        Do better.
        I said what I said.
        Rant over.
        And don't get me started on the bins.
        """,
        calm=0.4,
    ),
    _voice(
        "poet",
        """
        Mist on the water, and a thought:
        A small thing, but it matters.
        Listening to the weir.
        The town is quiet tonight.
        Written on a napkin:
        """,
        """
        The river carries it all away.
        Such is life by the water.
        And the bells rang. 🌙
        Some things should be remembered.
        Leaves fall, facts stay.
        """,
        calm=0.5,
    ),
)
INSTITUTION = _voice(
    "institution",
    """
    Good to know:
    Heard over the counter:
    News from next door:
    A customer told us:
    """,
    """
    Have a good day, everyone.
    Just so you know.
    More tomorrow.
    Pass it on, kindly.
    """,
    calm=0.7,
    typos=0.0,
)
# Parties, council and gazette speak without decoration.
OFFICIAL = Voice("official", (), (), calm=1.0, typos=0.0)
RESIDENT_VOICES = tuple(voice for voice in VOICES if voice.id != "tourist")

_SENTENCE_START = re.compile(r"(^|[.!?] )([A-Z])([a-z']*)")
_LONG_WORD = re.compile(r"(?<![@#/.\w])[a-z]{6,}(?![\w.])")


def lower_starts(text: str, proper: frozenset[str]) -> str:
    """Lower-case sentence starts, sparing proper names so that facts stay readable."""

    def lowered(match: re.Match[str]) -> str:
        word = match[2] + match[3]
        return match[1] + (word if word in proper else word.lower())

    return _SENTENCE_START.sub(lowered, text)


def slip(text: str, rng: Random, protected: str) -> str:
    """Swap two letters inside one long common word; a word of `protected` is never touched."""
    spots = [match for match in _LONG_WORD.finditer(text) if match[0] not in protected]
    if not spots:
        return text
    match = rng.choice(spots)
    at = match.start() + rng.randint(1, len(match[0]) - 3)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def dress(core: str, voice: Voice, rng: Random) -> str:
    """The core sentence with this voice's opener or closer around it, or plain."""
    draw = rng.random()
    if draw < voice.calm:
        return core
    if draw < voice.calm + (1 - voice.calm) * 0.45:
        return f"{rng.choice(voice.openers)} {core}"
    return f"{core} {rng.choice(voice.closers)}"


def spell(text: str, voice: Voice, rng: Random, proper: frozenset[str], protected: str = "") -> str:
    """The text as this voice would type it."""
    if voice.lower:
        text = lower_starts(text, proper)
        text = text[:-1] if text.endswith(".") and rng.random() < 0.6 else text
    return slip(text, rng, protected) if rng.random() < voice.typos else text
