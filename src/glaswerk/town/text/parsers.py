"""What each text file must hold: one function per file turns its table into a record."""

from __future__ import annotations

from glaswerk.town.text.records import (
    RESERVED_PAIRS,
    AccountTexts,
    ChatTexts,
    Event,
    GazetteTexts,
    Issue,
    Lines,
    Names,
    NoticeTexts,
    Office,
    OpinionTexts,
    OutsideTexts,
    PlaceTexts,
    PrivateTexts,
    RumourText,
    RumourTexts,
    SmallTalk,
    Story,
    Values,
    Venue,
    Voice,
)
from glaswerk.town.text.table import Table

HANDLE = r"[a-z0-9_]{1,15}"
IDENTIFIER = r"[a-z0-9]+(-[a-z0-9]+)*"
SEASONS = ("winter", "spring", "summer", "autumn")
MONTHS_LONG = 24
BIOS = ("person", "place", "club", "outsider", "party", "gazette", "council")
# Placeholders, by what fills them in.
SCENE = ("town", "river", "street", "place", "eatery", "venue", "at_venue")
PERSON = ("name", "N", "lname", "poss", "town", "he", "him", "his", "He", "His")
OPINION = ("want", "reason", "because", "second", "topic", "party")
COUNCIL = ("topic", "a", "b", "want_a", "want_b", "because_a", "because_b", "end")
SIDES = ("topic", "question", "a", "b", "want_a", "want_b")
GUIDE = ("town", "river", "gazette", "a", "b")


def parse_names(table: Table) -> Names:
    """names.toml."""
    parties = table.table("party")
    names = Names(
        town=table.plain("town"),
        river=table.plain("river"),
        domain=table.matching("domain", rf"{IDENTIFIER}\.example", "a domain such as town.example"),
        gazette=_office(table.table("gazette")),
        council=_office(table.table("council")),
        party_a=_office(parties.table("a")),
        party_b=_office(parties.table("b")),
        proper=table.words("proper"),
        she=table.words("she", 12),
        he=table.words("he", 12),
        surnames=table.words("surnames", 12),
        surname_heads=table.words("surname_heads", 0),
        surname_tails=table.words("surname_tails", 0),
        nobodies=table.names("nobodies"),
    )
    parties.close()
    return names


def _office(table: Table) -> Office:
    office = Office(
        table.plain("name"), table.matching("handle", HANDLE, "a handle of a-z, 0-9 and _, at most 15")
    )
    table.close()
    return office


def parse_values(table: Table) -> Values:
    """values.toml; two of each at least, because a false value differs from the true one."""
    return Values(
        streets=table.names("streets", 2),
        trades=table.names("trades", 2),
        villages=table.names("villages", 2),
        pets=table.names("pets", 2),
        hobbies=table.names("hobbies", 2),
        founded=table.words("founded", 2, pattern=r"\d{3,4}"),
        months=_months(table),
    )


def _months(table: Table) -> Lines:
    months = table.words("months")
    if len(months) != 12:
        raise table.error(f"expected the 12 months of the year, found {len(months)}", key="months")
    return months


def parse_places(table: Table) -> PlaceTexts:
    """places.toml."""
    venues = {}
    for *before, name in table.rows("venues", "preposition | article | name", at_least=2, optional=1):
        preposition, article = (*before, "")[:2]
        if name == preposition or name in venues:
            raise table.error(f"expected preposition | name of a new venue, found {name!r}", key="venues")
        venues[name] = Venue(preposition, article, name)
    events = []
    for name, month, venue, note in table.rows("events", "name | month | venue | what happens"):
        if venue not in venues:
            expected = ", ".join(venues)
            raise table.error(
                f"expected one of the venues ({expected}) for {name}, found {venue!r}", key="events"
            )
        events.append(Event(name, month, venues[venue], note))
    return PlaceTexts(
        listed=_shops(table, "places", 4),
        heads=table.words("place_heads", 0),
        tails=_shops(table, "place_tails", 0),
        eateries=table.names("eateries"),
        venues=tuple(venues.values()),
        events=tuple(events),
        clubs=_clubs(table),
    )


def _shops(table: Table, key: str, at_least: int) -> tuple[Lines, ...]:
    rows = table.rows(key, "name | kind | trade of its keeper", at_least=at_least)
    for row in rows:
        # The names of invented shops are put together from first words and last words.
        if key == "places" and " " not in row[0]:
            raise table.error(
                f"expected a name of two words or more, found {row[0]!r}", key=key, entry=" | ".join(row)
            )
    return rows


def _clubs(table: Table) -> tuple[Office, ...]:
    rows = table.rows("clubs", "name | handle")
    for row in rows:
        slot = Table(table.file, {"handle": row[1]}, table.start)
        slot.matching("handle", HANDLE, f"a handle of a-z, 0-9 and _, at most 15, for {row[0]}")
    return tuple(Office(name, handle) for name, handle in rows)


def parse_accounts(table: Table) -> AccountTexts:
    """accounts.toml."""
    bios = table.table("bios")
    found = {key: bios.plain(key, ("town", "extra")) for key in BIOS}
    bios.close()
    return AccountTexts(
        outsiders=table.rows("outsiders", "name | voice"),
        outsider_ends=table.names("outsider_ends", 0),
        extras=table.names("extras"),
        picture_openers=table.sentences("picture_openers", ("town",), branches=False),
        bios=found,
    )


def parse_voices(table: Table) -> tuple[tuple[Voice, ...], Voice]:
    """voices.toml: the voices of people, and the one of shops and clubs."""
    voices = tuple(
        _voice(item, item.matching("id", IDENTIFIER, "an id such as nurse")) for item in table.tables("voice")
    )
    _distinct(table, "voice", [voice.id for voice in voices])
    if all(voice.visitor for voice in voices):
        raise table.error("expected a voice that is not a visitor's, found none", key="voice")
    return voices, _voice(table.table("institution"), "institution")


def _voice(table: Table, name: str) -> Voice:
    voice = Voice(
        name,
        table.names("openers"),
        table.names("closers"),
        () if name == "institution" else table.sentences("own", SCENE),
        table.flag("lower"),
        table.number("typos", 0.01),
        table.number("calm", 0.5),
        table.flag("visitor"),
        table.flag("nocturnal"),
    )
    table.close()
    return voice


def parse_issues(table: Table) -> tuple[Issue, ...]:
    """issues.toml."""
    issues = tuple(_issue(item) for item in table.tables("issue", 2))
    _distinct(table, "issue", [issue.id for issue in issues])
    return issues


def _issue(table: Table) -> Issue:
    wants = table.rows("wants", "what a wants | what b wants", at_least=RESERVED_PAIRS + 1)
    issue = Issue(
        table.matching("id", IDENTIFIER, "an id such as old-mill"),
        table.plain("topic"),
        table.matching("hashtag", r"\w*[A-Za-z]\w*", "a hashtag of letters and digits, without #"),
        table.plain("question"),
        wants,
        {"a": table.names("reasons_a", 2), "b": table.names("reasons_b", 2)},
    )
    table.close()
    return issue


def parse_opinions(table: Table) -> OpinionTexts:
    """opinions.toml."""
    needs = [("want", "reason", "because")]
    frames = {
        key: table.sentences(key, OPINION, branches=False, needs=needs)
        for key in ("frames", "party_frames", "reply_frames", "agree_frames")
    }
    return OpinionTexts(**frames)


def parse_rumours(table: Table) -> RumourTexts:
    """rumours.toml."""
    listed = tuple(_rumour(item) for item in table.tables("rumour"))
    _distinct(table, "rumour", [rumour.id for rumour in listed])
    keys = ("spread_openers", "spread_closers", "correct_openers", "correct_closers")
    return RumourTexts(listed, *(table.names(key) for key in keys))


def _rumour(table: Table) -> RumourText:
    rumour = RumourText(
        table.matching("id", IDENTIFIER, "an id such as mill-casino"),
        table.plain("question"),
        table.names("asked"),
        table.names("claims"),
        table.names("truths"),
        table.names("rumour_markers"),
        table.names("truth_markers"),
    )
    sides = (
        (rumour.claims, rumour.rumour_markers, rumour.truth_markers),
        (rumour.truths, rumour.truth_markers, rumour.rumour_markers),
    )
    for texts, own, other in sides:
        for text in texts:
            if not _holds(text, own) or _holds(text, other):
                raise table.error(
                    f"expected one of the markers {', '.join(own)} and none of {', '.join(other)}, "
                    f"found {text!r}",
                    entry=text,
                )
    table.close()
    return rumour


def _holds(text: str, markers: Lines) -> bool:
    return any(marker.lower() in text.lower() for marker in markers)


def parse_smalltalk(table: Table) -> SmallTalk:
    """smalltalk.toml."""
    weather, seasonal = table.table("weather"), table.table("seasonal")
    talks = table.tables("talk")
    found = SmallTalk(
        always=table.sentences("always", SCENE),
        reactions=table.sentences("reactions", SCENE),
        thanks=table.sentences("thanks", ("town",)),
        event_days=table.sentences("event_days", ("name", "where", "note", "Note")),
        weather={season: weather.sentences(season) for season in SEASONS},
        seasonal={season: seasonal.sentences(season, SCENE, 4) for season in SEASONS},
        talks=tuple(
            (talk.plain("question", SCENE, branches=True), talk.sentences("answers", SCENE)) for talk in talks
        ),
    )
    for part in (weather, seasonal, *talks):
        part.close()
    return found


def parse_stories(table: Table) -> tuple[Story, ...]:
    """stories.toml."""
    stories = tuple(_story(item) for item in table.tables("story"))
    _distinct(table, "story", [story.id for story in stories])
    return stories


def _story(table: Table) -> Story:
    name = table.matching("id", IDENTIFIER, "an id such as gnome")
    teller = table.matching("teller", IDENTIFIER, "the id of a voice")
    episodes = []
    for month, text in table.rows("episodes", "month | text", ("town",)):
        if not (month.isascii() and month.isdigit() and 1 <= int(month) <= MONTHS_LONG):
            raise table.error(
                f"expected a month from 1 to {MONTHS_LONG}, found {month!r}",
                key="episodes",
                entry=f"{month} | {text}",
            )
        episodes.append((int(month), text))
    table.close()
    return Story(name, teller, tuple(episodes))


def parse_notices(table: Table) -> NoticeTexts:
    """notices.toml."""
    slots = (*SCENE, "name")
    return NoticeTexts(
        table.sentences("gazette", ("n", "url"), needs=[("url",)]),
        *(table.sentences(key, slots) for key in ("food", "shop", "club", "council")),
    )


def parse_gazette(table: Table) -> GazetteTexts:
    """gazette.toml."""
    return GazetteTexts(
        leads=table.sentences("leads", ("name", "body"), needs=[("body",)]),
        place_leads=table.sentences("place_leads", ("name", "body"), needs=[("body",)]),
        portrait_ends=table.sentences("portrait_ends", ("first", *PERSON)),
        council=table.sentences("council", COUNCIL),
        council_ends=table.names("council_ends"),
        history=table.sentences("history", ("town", "river", "a", "b"), branches=False),
    )


def parse_chats(table: Table) -> ChatTexts:
    """chats.toml."""
    small = table.tables("small")

    def lines(key: str, *slots: str, at_least: int = 1, needs: tuple[str, ...] = ()) -> Lines:
        return table.sentences(key, slots, at_least, branches=False, needs=[(slot,) for slot in needs])

    found = ChatTexts(
        system=lines("system", "town"),
        party_questions=lines("party_questions", *SIDES),
        party_answers=lines("party_answers", *SIDES, at_least=2, needs=("want_a", "want_b")),
        rumour_questions=lines("rumour_questions", "claim", needs=("claim",)),
        rumour_answers=lines("rumour_answers", "truth", needs=("truth",)),
        unknown_answers=lines("unknown_answers", "name", needs=("name",)),
        readings=lines("readings", "statement", "question", needs=("statement", "question")),
        reading_thanks=lines("reading_thanks"),
        courtesies=table.rows("courtesies", "request | answer", ("name",)),
        lists=lines("lists", "names", needs=("names",)),
        signs=table.rows("signs", "request | answer", ("name",)),
        small=tuple(
            (
                item.sentences("questions", GUIDE, branches=False),
                item.sentences("answers", GUIDE, branches=False),
            )
            for item in small
        ),
    )
    for item in small:
        item.close()
    return found


def parse_outside(table: Table) -> OutsideTexts:
    """outside.toml."""
    markers = table.names("decline_markers")
    answers = table.sentences("answers", ("town",), branches=False)
    silent = next((answer for answer in answers if not _holds(answer, markers)), None)
    if silent is not None:
        raise table.error(
            f"expected one of the decline_markers {', '.join(markers)}, found {silent!r}", entry=silent
        )
    return OutsideTexts(
        table.sentences("questions", ("town",)),
        table.sentences("heldout", ("town",), branches=False),
        answers,
        markers,
    )


def parse_private(table: Table) -> PrivateTexts:
    """private.toml."""
    contact = ("mail", "phone", "iban")
    return PrivateTexts(
        secret_heads=table.words("secret_heads", pattern="[a-z]+"),
        secret_tails=table.words("secret_tails", pattern="[a-z]+"),
        deleted=table.sentences("deleted", ("s",), branches=False, needs=[("s",)]),
        messages=table.sentences("messages", ("s",), branches=False, needs=[("s",)]),
        answers=table.names("answers"),
        contact=table.sentences("contact", (*contact, "thing"), branches=False, needs=[contact]),
        things=table.words("things"),
    )


def _distinct(table: Table, key: str, found: list[str]) -> None:
    twice = next((name for n, name in enumerate(found) if name in found[:n]), None)
    if twice is not None:
        raise table.error(f"expected different ids in [[{key}]], found {twice!r} twice", key=key)
