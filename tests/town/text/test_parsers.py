"""What each file must hold: edits that are accepted, and edits that are refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.town.text import Texts, load_texts
from tests.town.text.edits import edit, refusal

REFUSED = [
    (
        "names.toml",
        'domain = "ostlebury.example"',
        'domain = "ostlebury.com"',
        "a domain such as town.example",
    ),
    ("names.toml", 'handle = "ostle_gazette"', 'handle = "Ostle Gazette"', "a handle of a-z, 0-9 and _"),
    (
        "names.toml",
        'handle = "hill_union"',
        'handle = "hill_union_of_all_hills"',
        "a handle of a-z, 0-9 and _",
    ),
    ("names.toml", 'town = "Ostlebury"', "town = 7", "a text in quotes for 'town', found int"),
    (
        "names.toml",
        'town = "Ostlebury"',
        'town = "{name}"',
        "expected known placeholders (none), found {name}",
    ),
    ("names.toml", "Marcus Tinderbox", "Marcus [Tinderbox]", "plain text without brackets"),
    ("names.toml", "[party.b]", "[party.c]", "the key 'b' (a table [b]), found none"),
    ("values.toml", "January February", "January", "the 12 months of the year, found 11"),
    ("values.toml", "1721", "MDCC", r"of the form \d{3,4} in 'founded', found 'MDCC'"),
    (
        "values.toml",
        "Weir Lane",
        "Tanner Row",
        "expected different entries for 'streets', found 'Tanner Row' twice",
    ),
    ("places.toml", "Floury Apron | bakery", "Floury Apron", "expected name | kind | trade of its keeper"),
    ("places.toml", "The Copper Kettle |", "Kettle |", "a name of two words or more, found 'Kettle'"),
    ("places.toml", "August | Weir Meadow", "August | Weir", "one of the venues (Market Square, "),
    (
        "places.toml",
        "Wend Anglers | wend_anglers",
        "Wend Anglers | Wend Anglers",
        "at most 15, for Wend Anglers",
    ),
    ("accounts.toml", "{extra}", "{bio}", "({town}, {extra}), found {bio}"),
    ("accounts.toml", "council = ", "concil = ", "the key 'council'"),
    ("voices.toml", 'id = "teen"', 'id = "clerk"', "different ids in [[voice]], found 'clerk' twice"),
    ("voices.toml", "calm = 0.4", "calm = 4", "a number from 0 to 1 for 'calm', found 4"),
    ("voices.toml", "nocturnal = true", 'nocturnal = "yes"', "true or false for 'nocturnal', found str"),
    ("voices.toml", "lower = true", "lowercase = true", "found 'lowercase'; did you mean 'lower'?"),
    ("issues.toml", " | We should keep the bridge toll.", "", "expected what a wants | what b wants"),
    (
        "issues.toml",
        'hashtag = "BridgeToll"',
        'hashtag = "#BridgeToll"',
        "a hashtag of letters and digits, without #",
    ),
    ("issues.toml", 'id = "bridge-toll"', 'id = "Bridge Toll"', "an id such as old-mill"),
    (
        "opinions.toml",
        "Exactly. {reason}.",
        "Exactly.",
        "expected {want} or {reason} or {because} in every line",
    ),
    ("opinions.toml", "{party} stands", "{club} stands", "found {club}"),
    (
        "rumours.toml",
        "A casino firm bought",
        "A firm bought",
        "expected one of the markers casino and none of",
    ),
    ("rumours.toml", "The town still owns", "No casino: the town still owns", "and none of casino, found"),
    ("smalltalk.toml", "[Same here.|", "Same here.|", "expected '|' only inside brackets"),
    (
        "smalltalk.toml",
        "Soft rain all morning.",
        "Soft rain in {town}.",
        "expected known placeholders (none)",
    ),
    ("smalltalk.toml", "[weather]", "[wether]", "the key 'weather'"),
    ("stories.toml", "2 | Somebody", "25 | Somebody", "expected a month from 1 to 24, found '25'"),
    ("stories.toml", "2 | Somebody", "two | Somebody", "expected a month from 1 to 24, found 'two'"),
    ("stories.toml", "2 | Somebody", "Somebody", "expected month | text"),
    (
        "notices.toml",
        "New issue, number {n}. {url}",
        "New issue, number {n}.",
        "expected {url} in every line",
    ),
    (
        "gazette.toml",
        "Shop of the week: {name}. {body}",
        "Shop of the week: {name}.",
        "expected {body} in every",
    ),
    ("chats.toml", "I have never heard of {name}.", "Never heard.", "expected {name} in every line"),
    ("chats.toml", "My name is {name}. |", "My name is {name}.", "expected request | answer"),
    ("private.toml", "velvet", "Velvet", "words of the form [a-z]+ in 'secret_heads', found 'Velvet'"),
    (
        "private.toml",
        "My password is {s},",
        "My password is secret,",
        "expected {s} in every line of 'messages'",
    ),
    (
        "private.toml",
        "Piano lessons, Tuesdays. Mail {mail}.",
        "Piano lessons.",
        "expected {mail} or {phone} or {iban}",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), REFUSED)
def test_an_edit_that_breaks_a_rule_is_refused(
    name: str, old: str, new: str, message: str, texts_folder: Path
) -> None:
    edit(texts_folder, name, old, new)
    found = refusal(texts_folder)
    assert found.startswith(f"{texts_folder / name}, line ")
    assert message in found


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("smalltalk.toml", "Pictures or it did not happen.", "Pictures or it did {not} happen."),
        ("values.toml", "one-eyed cat", "one-eyed {cat}"),
        ("stories.toml", "2 | Day three without", "20000 | Day three without"),
        ("relations/pet.toml", "{N} has a pet {v}", "{N} has a [pet {v}"),
    ],
)
def test_the_number_of_the_edited_line_is_reported(name: str, old: str, new: str, texts_folder: Path) -> None:
    path = texts_folder / name
    if old not in path.read_text(encoding="utf-8"):
        old = next(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("{N}"))
        new = old + " ["
    line = edit(texts_folder, name, old, new)
    assert refusal(texts_folder).startswith(f"{path}, line {line}: ")


@pytest.mark.parametrize("key", ["openers", "closers", "own", "calm"])
def test_a_voice_needs_its_lists_and_may_leave_out_its_shares(key: str, texts_folder: Path) -> None:
    edit(texts_folder, "voices.toml", f"{key} = ", f"my_{key} = ")
    assert f"'{key}'" in refusal(texts_folder) or f"'my_{key}'" in refusal(texts_folder)


def test_every_key_of_every_file_is_needed_or_has_a_default(texts_folder: Path) -> None:
    path = texts_folder / "opinions.toml"
    shipped = path.read_text(encoding="utf-8")
    for key in ("frames", "party_frames", "reply_frames", "agree_frames"):
        path.write_text(shipped.replace(f"\n{key} = ", f"\nx{key} = "), encoding="utf-8")
        assert f"expected the key '{key}'" in refusal(texts_folder)


def test_a_line_that_is_added_is_read_in_its_place(texts_folder: Path) -> None:
    edit(texts_folder, "values.toml", "Tanner Row\n", "Tanner Row\nBaker's Row\n")
    streets = load_texts(texts_folder).values.streets
    assert streets[:4] == ("Marlow Street", "Tanner Row", "Baker's Row", "Weir Lane")


def test_a_quotation_mark_in_a_block_needs_no_escape(texts_folder: Path) -> None:
    edit(texts_folder, "smalltalk.toml", "Pictures or", '"Pictures" or')
    assert '"Pictures" or it did not happen.' in load_texts(texts_folder).smalltalk.reactions


def test_the_shipped_texts_hold_what_the_town_is_known_for(texts: Texts) -> None:
    assert texts.names.parties == {"a": "River Alliance", "b": "Hill Union"}
    assert len(texts.issues) == 14
    assert len(texts.rumours.listed) == 16
    assert len(texts.places.events) == 24
    assert [venue.where for venue in texts.places.venues[:3]] == [
        "in Market Square",
        "on Weir Meadow",
        "in the Corn Exchange",
    ]


def test_statements_of_both_sides_are_alike_in_length(texts: Texts) -> None:
    for issue in texts.issues:
        for a, b in issue.wants:
            assert a != b
            assert abs(len(a.split()) - len(b.split())) <= 3


def test_the_nurse_posts_at_night_and_the_tourist_is_no_resident(texts: Texts) -> None:
    assert [voice.id for voice in texts.voices if voice.nocturnal] == ["nurse"]
    assert [voice.id for voice in texts.voices if voice.visitor] == ["tourist"]
    assert [voice.id for voice in texts.voices if voice.lower] == ["teen"]


def test_no_claim_of_a_rumour_is_a_truth_of_another(texts: Texts) -> None:
    claims = {claim for rumour in texts.rumours.listed for claim in rumour.claims}
    truths = {truth for rumour in texts.rumours.listed for truth in rumour.truths}
    assert not claims & truths
