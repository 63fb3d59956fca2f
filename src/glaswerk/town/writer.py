"""Writes the town to a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import ANSWER_KEY, CHATS, PICTURE_CAPTIONS
from glaswerk.core.errors import GlaswerkError
from glaswerk.town.answer_key import answer_key, secrets
from glaswerk.town.archive.account_archive import archive_bytes, archive_name
from glaswerk.town.archive.collect import account_data
from glaswerk.town.chats.calls import build_calls
from glaswerk.town.chats.chats import Chat, as_lines, build_chats
from glaswerk.town.dice import dice
from glaswerk.town.docs.gazette import weeks
from glaswerk.town.docs.pages import long_pages
from glaswerk.town.pictures import Picture, build_pictures
from glaswerk.town.posts.timeline import Timeline, build_timeline
from glaswerk.town.text import Texts, check_size, load_texts
from glaswerk.town.truth.facts import Fact, build_facts, untuned_subjects
from glaswerk.town.truth.sizes import town_size
from glaswerk.town.truth.world import World, build_world

# Dialogues with calls of tools, for `glaswerk add chats`.
CALLS = "calls.jsonl"
MOST_CALLS = 100_000
_README = """# {town}

A made-up town. Nobody in it exists, and nothing in it happened.
Written by
{command}

- `archives/`: one X account archive per account
- `docs/`: the weekly gazette and some longer pages
- `images/`: captioned pictures, described in `metadata.jsonl`
- `chats.jsonl`: pairs for chat tuning
- `answer_key.json`: facts, stances and rumours, with the truth
"""


# Kept word for word: the file is part of the town, and the same arguments give the same bytes.
_CALL = (
    '`glaswerk.town.write_town(out, seed={seed}, size="{size}", slant={slant}, rumour_rate={rate})`;\n'
    "the same arguments give the same bytes."
)
_COMMAND = (
    "`glaswerk town NEW_FOLDER --from text --seed {seed} --size {size} --slant {slant} "
    "--rumour-rate {rate}`,\n"
    "run in this folder; the same texts and arguments give the same bytes."
)


def _write_archives(out: Path, timeline: Timeline, pictures: list[Picture], seed: int) -> int:
    directory = {account.handle: account for account in timeline.scene.accounts}
    names = timeline.scene.world.names
    folder = out / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    for data in account_data(timeline, seed):
        (folder / archive_name(data.account)).write_bytes(archive_bytes(data, directory, pictures, names))
    return len(directory)


def _write_texts(folder: Path, texts: dict[str, str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sorted(texts.items()):
        (folder / name).write_bytes(text.encode())
    return len(texts)


def _write_pictures(folder: Path, pictures: list[Picture]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, picture in enumerate(pictures):
        name = f"town-{number:05d}.png"
        (folder / name).write_bytes(picture.png())
        rows.append(json.dumps(picture.record(name), sort_keys=True))
    (folder / PICTURE_CAPTIONS).write_bytes(("\n".join(rows) + "\n").encode())
    return len(pictures)


def _check_share(name: str, value: float, highest: float) -> None:
    if not 0 <= value <= highest:
        raise GlaswerkError(
            f"expected {name} between 0 and {highest:g}, found {value!r}",
            hint=f"glaswerk town FOLDER --{name.replace('_', '-')} 0.5",
        )


def write_town(
    out: Path,
    *,
    seed: int = 7,
    size: str = "demo",
    slant: float = 0.5,
    rumour_rate: float = 1.0,
    texts: Path | None = None,
    calls: int = 0,
) -> dict[str, int]:
    """Write the made-up town under `out` and return counts of what was written.

    The same arguments give the same bytes. `slant` is the share of political posts on the side of party a;
    `rumour_rate` multiplies how often rumours are spread (0: never). Neither changes facts, docs, pictures
    or chats. `texts` is a folder of edited text files (see `export_texts`); the town then holds a copy.
    `calls`: that many dialogues with calls of tools, in `calls.jsonl`; all else stays as it is.

    Raises:
        GlaswerkError: if `size` is unknown, a share is out of range, or a text file breaks a rule. Nothing
            is written then.
    """
    counts = town_size(size)
    _check_share("slant", slant, 1.0)
    _check_share("rumour_rate", rumour_rate, 10.0)
    loaded = load_texts(texts)
    if not 0 <= calls <= MOST_CALLS:
        message = f"expected calls between 0 and {MOST_CALLS:,}, found {calls!r}"
        raise GlaswerkError(message, hint="glaswerk town FOLDER --calls 2000")
    check_size(
        loaded, people=counts.people, places=counts.places, events=counts.events, rumours=counts.rumours
    )
    town = _make(build_world(seed, counts, loaded), size, slant, rumour_rate)
    written = _write(out, town, seed)
    if calls:
        rows = build_calls(town.world, calls, dice(seed, "calls"))
        # As a server writes the functions: a small model reads them by their order, too.
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        _write_texts(out, {CALLS: "".join(f"{line}\n" for line in lines)})
        written["calls"] = len(rows)
    made_by = (_COMMAND if texts else _CALL).format(seed=seed, size=size, slant=slant, rate=rumour_rate)
    readme = _README.format(town=loaded.names.town, command=made_by)
    readme += "- `text/`: the names and sentences that the town was made from\n" if texts else ""
    _write_texts(out, {"README.md": readme})
    if texts:
        _copy_texts(out / "text", loaded)
    return written


@dataclass(frozen=True)
class _Town:
    """Everything that is written, in memory."""

    world: World
    facts: list[Fact]
    timeline: Timeline
    pictures: list[Picture]
    chats: list[Chat]
    docs: dict[str, str]
    key: dict[str, Any]


def _make(world: World, size: str, slant: float, rumour_rate: float) -> _Town:
    """Each part from its own dice, so that a change in one leaves the others as they are."""
    seed = world.seed
    facts = build_facts(world)
    untuned = untuned_subjects(facts, seed)
    pictures = build_pictures(world.size.images, dice(seed, "pictures"))
    # People post the first of them; an image model needs more.
    posted = pictures[: world.size.pictures]
    timeline = build_timeline(world, facts, posted, slant=slant, rumour_rate=rumour_rate)
    chats = build_chats(world, facts, untuned, timeline.rumours, dice(seed, "chats"))
    docs = weeks(facts, timeline.scene, dice(seed, "gazette"))
    docs |= long_pages(facts, timeline.scene, dice(seed, "pages"))
    key = answer_key(world, size, facts, untuned, timeline.rumours, dice(seed, "key"))
    key["secrets"] = secrets(timeline)
    return _Town(world, facts, timeline, pictures, chats, docs, key)


def _write(out: Path, town: _Town, seed: int) -> dict[str, int]:
    out.mkdir(parents=True, exist_ok=True)
    posts = town.timeline.posts
    key = json.dumps(town.key, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    _write_texts(out, {CHATS: as_lines(town.chats), ANSWER_KEY: key})
    return {
        "people": len(town.world.people),
        "accounts": _write_archives(out, town.timeline, town.pictures, seed),
        "posts": sum(not post.deleted for post in posts),
        "deleted_posts": sum(post.deleted for post in posts),
        "direct_messages": len(town.timeline.messages),
        "docs": _write_texts(out / "docs", town.docs),
        "images": _write_pictures(out / "images", town.pictures),
        "chats": len(town.chats),
        "facts": len(town.facts),
        "stances": len(town.key["stances"]),
        "rumours": len(town.timeline.rumours),
    }


def _copy_texts(folder: Path, texts: Texts) -> None:
    """All text files, edited and shipped ones, so that the town can be made again when either changes."""
    for name, content in texts.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
