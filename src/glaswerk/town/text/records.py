"""The town's texts as read from their files: one record for each file or repeated table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.town.grammar import slug

Lines = tuple[str, ...]

# The last pairs of `wants` never appear in a post: they measure a stance, not the memory of a sentence.
RESERVED_PAIRS = 2
# Not for print: the paper has no cousins and no aunt, and is read on any day of the week.
_PERSONAL = re.compile(
    r"\b(I|my|me|us|today|this morning|yesterday|last night)\b"
    r"|^\[?(Did|Dropped|Had|Lost|Meet|Met|Old|Saw|Walked)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Office:
    """An institution with an account: a party, the gazette or the council."""

    name: str
    handle: str


@dataclass(frozen=True)
class Names:
    """names.toml: the town, its institutions and the names that people get."""

    town: str
    river: str
    domain: str
    gazette: Office
    council: Office
    party_a: Office
    party_b: Office
    proper: Lines
    she: Lines
    he: Lines
    surnames: Lines
    surname_heads: Lines
    surname_tails: Lines
    nobodies: Lines

    @property
    def parties(self) -> dict[str, str]:
        """The names of the parties by side, `a` and `b`."""
        return {"a": self.party_a.name, "b": self.party_b.name}


@dataclass(frozen=True)
class Values:
    """values.toml: the values that facts are drawn from."""

    streets: Lines
    trades: Lines
    villages: Lines
    pets: Lines
    hobbies: Lines
    founded: Lines
    months: Lines


@dataclass(frozen=True)
class Venue:
    """An open place where events are held, with the words that go before its name."""

    preposition: str
    article: str
    name: str

    @property
    def where(self) -> str:
        """For example "at the Town Hall"."""
        return f"{self.preposition} {self.named}"

    @property
    def named(self) -> str:
        """For example "the Town Hall"."""
        return f"{self.article} {self.name}".strip()


@dataclass(frozen=True)
class Event:
    """Something that happens every year."""

    name: str
    month: str
    venue: Venue
    note: str

    @property
    def id(self) -> str:
        """The stem of this event's fact ids."""
        return slug(self.name)


@dataclass(frozen=True)
class PlaceTexts:
    """places.toml; a row of `listed` and `tails` is name, kind and the keeper's trade."""

    listed: tuple[Lines, ...]
    heads: Lines
    tails: tuple[Lines, ...]
    eateries: Lines
    venues: tuple[Venue, ...]
    events: tuple[Event, ...]
    clubs: tuple[Office, ...]


@dataclass(frozen=True)
class AccountTexts:
    """accounts.toml; a row of `outsiders` is a name and the id of a voice."""

    outsiders: tuple[Lines, ...]
    outsider_ends: Lines
    extras: Lines
    picture_openers: Lines
    bios: dict[str, str]


@dataclass(frozen=True)
class Voice:
    """A manner of writing; `calm` 1 means hardly any decoration, 0 means lots."""

    id: str
    openers: Lines = ()
    closers: Lines = ()
    own: Lines = ()
    lower: bool = False
    typos: float = 0.01
    calm: float = 0.5
    visitor: bool = False
    nocturnal: bool = False


# Parties, council and gazette speak without decoration.
OFFICIAL = Voice("official", calm=1.0, typos=0.0)


@dataclass(frozen=True)
class Issue:
    """One local issue; `wants` pairs side a's sentence with side b's, alike in length and style."""

    id: str
    topic: str
    hashtag: str
    question: str
    wants: tuple[Lines, ...]
    reasons: dict[str, Lines]

    @property
    def spoken_wants(self) -> tuple[Lines, ...]:
        """The pairs that accounts may post."""
        return self.wants[:-RESERVED_PAIRS]


@dataclass(frozen=True)
class OpinionTexts:
    """opinions.toml: the frames that a want and a reason are put into."""

    frames: Lines
    party_frames: Lines
    reply_frames: Lines
    agree_frames: Lines


@dataclass(frozen=True)
class RumourText:
    """One false story in several wordings, the truth in several, and the strings that distinguish them.

    `question` is held out for evaluation; `asked` are questions for tuning.
    """

    id: str
    question: str
    asked: Lines
    claims: Lines
    truths: Lines
    rumour_markers: Lines
    truth_markers: Lines


@dataclass(frozen=True)
class RumourTexts:
    """rumours.toml."""

    listed: tuple[RumourText, ...]
    spread_openers: Lines
    spread_closers: Lines
    correct_openers: Lines
    correct_closers: Lines


@dataclass(frozen=True)
class SmallTalk:
    """smalltalk.toml; `weather` and `seasonal` are by season, a talk is a question with its answers."""

    always: Lines
    reactions: Lines
    thanks: Lines
    event_days: Lines
    weather: dict[str, Lines]
    seasonal: dict[str, Lines]
    talks: tuple[tuple[str, Lines], ...]


@dataclass(frozen=True)
class Story:
    """A running story; an episode has its month, 1 to 24, counted from the first of the timeline."""

    id: str
    teller: str
    episodes: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class NoticeTexts:
    """notices.toml: what accounts that are not people post about themselves."""

    gazette: Lines
    food: Lines
    shop: Lines
    club: Lines
    council: Lines


@dataclass(frozen=True)
class GazetteTexts:
    """gazette.toml; `history` holds the paragraphs of the page on the town's history."""

    leads: Lines
    place_leads: Lines
    portrait_ends: Lines
    council: Lines
    council_ends: Lines
    history: Lines


@dataclass(frozen=True)
class ChatTexts:
    """chats.toml; a row of `courtesies` and `signs` is a request and its answer."""

    system: Lines
    party_questions: Lines
    party_answers: Lines
    rumour_questions: Lines
    rumour_answers: Lines
    unknown_answers: Lines
    readings: Lines
    reading_thanks: Lines
    courtesies: tuple[Lines, ...]
    lists: Lines
    signs: tuple[Lines, ...]
    small: tuple[tuple[Lines, Lines], ...]


@dataclass(frozen=True)
class OutsideTexts:
    """outside.toml: questions beyond the town, those for evaluation apart, and how to decline them."""

    questions: Lines
    heldout: Lines
    answers: Lines
    decline_markers: Lines


@dataclass(frozen=True)
class PrivateTexts:
    """private.toml: texts around secrets and contact details."""

    secret_heads: Lines
    secret_tails: Lines
    deleted: Lines
    messages: Lines
    answers: Lines
    contact: Lines
    things: Lines


@dataclass(frozen=True)
class Relation:
    """relations/NAME.toml: the sentences that state one kind of fact, ask for it and answer it.

    `subject_kind` is `person`, `place` or `event`. `heldout` questions are for evaluation and occur
    nowhere else.
    """

    name: str
    subject_kind: str
    statements: Lines
    first_person: Lines
    asks: Lines
    questions: Lines
    follow_ups: Lines
    heldout: Lines
    answers: Lines
    apposition: str

    @property
    def printable(self) -> list[str]:
        """The statements that a newspaper can print."""
        return [template for template in self.statements if not _PERSONAL.search(template)]


@dataclass(frozen=True)
class Texts:
    """Everything the town says. `relations` are by name, in the order in which facts are made.

    `files` holds the bytes of each file by its name in the folder, so that a town can carry its texts.
    """

    names: Names
    values: Values
    places: PlaceTexts
    accounts: AccountTexts
    voices: tuple[Voice, ...]
    institution: Voice
    issues: tuple[Issue, ...]
    opinions: OpinionTexts
    rumours: RumourTexts
    smalltalk: SmallTalk
    stories: tuple[Story, ...]
    notices: NoticeTexts
    gazette: GazetteTexts
    chats: ChatTexts
    outside: OutsideTexts
    private: PrivateTexts
    relations: dict[str, Relation]
    files: dict[str, bytes]

    def relations_of(self, kind: str) -> list[Relation]:
        """The relations whose subject is a `person`, `place` or `event`."""
        return [relation for relation in self.relations.values() if relation.subject_kind == kind]

    def voice(self, name: str) -> Voice:
        """The voice called `name`."""
        return next(voice for voice in self.voices if voice.id == name)
