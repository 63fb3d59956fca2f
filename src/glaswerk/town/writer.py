"""Writes the town to a folder."""

from __future__ import annotations

import json
from pathlib import Path

from glaswerk.core.artifact_files import ANSWER_KEY, CHATS, PICTURE_CAPTIONS
from glaswerk.core.errors import GlaswerkError
from glaswerk.town import names
from glaswerk.town.archive import archive_bytes, archive_name
from glaswerk.town.chats import as_lines, build_chats
from glaswerk.town.collect import account_data
from glaswerk.town.dice import dice
from glaswerk.town.facts import build_facts, untuned_subjects
from glaswerk.town.gazette import weeks
from glaswerk.town.key import answer_key, secrets
from glaswerk.town.pages import long_pages
from glaswerk.town.pictures import Picture, build_pictures
from glaswerk.town.sizes import town_size
from glaswerk.town.timeline import Timeline, build_timeline
from glaswerk.town.world import build_world

_README = """# {town}

A made-up town. Nobody in it exists, and nothing in it happened.
Written by
`glaswerk.data.town.write_town(out, seed={seed}, size="{size}", slant={slant}, rumour_rate={rate})`;
the same arguments give the same bytes.

- `archives/`: one X account archive per account
- `docs/`: the weekly gazette and some longer pages
- `images/`: captioned pictures, described in `metadata.jsonl`
- `chats.jsonl`: pairs for chat tuning
- `answer_key.json`: facts, stances and rumours, with the truth
"""


def _write_archives(out: Path, timeline: Timeline, pictures: list[Picture], seed: int) -> int:
    directory = {account.handle: account for account in timeline.scene.accounts}
    folder = out / "archives"
    folder.mkdir(parents=True, exist_ok=True)
    for data in account_data(timeline, seed):
        (folder / archive_name(data.account)).write_bytes(archive_bytes(data, directory, pictures))
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
            f"expected {name} between 0 and {highest:g}, found {value!r}", hint=f"write_town(out, {name}=0.5)"
        )


def write_town(
    out: Path, *, seed: int = 7, size: str = "demo", slant: float = 0.5, rumour_rate: float = 1.0
) -> dict[str, int]:
    """Write the made-up town under `out` and return counts of what was written.

    The same arguments give the same bytes. `slant` is the share of political posts on the side of party a;
    `rumour_rate` multiplies how often rumours are spread (0: never). Neither touches facts, docs, pictures or
    chats.

    Raises:
        GlaswerkError: if `size` is unknown or a share is out of range.
    """
    counts = town_size(size)
    _check_share("slant", slant, 1.0)
    _check_share("rumour_rate", rumour_rate, 10.0)
    world = build_world(seed, counts)
    facts = build_facts(world)
    untuned = untuned_subjects(facts, seed)
    pictures = build_pictures(counts.pictures, dice(seed, "pictures"))
    timeline = build_timeline(world, facts, pictures, slant=slant, rumour_rate=rumour_rate)
    chats = build_chats(world, facts, untuned, timeline.rumours, dice(seed, "chats"))
    docs = weeks(facts, timeline.scene, dice(seed, "gazette"))
    docs |= long_pages(facts, timeline.scene, dice(seed, "pages"))
    key = answer_key(world, size, facts, untuned, timeline.rumours, dice(seed, "key"))
    key["secrets"] = secrets(timeline)

    out.mkdir(parents=True, exist_ok=True)
    written = {
        "people": len(world.people),
        "accounts": _write_archives(out, timeline, pictures, seed),
        "posts": sum(not post.deleted for post in timeline.posts),
        "deleted_posts": sum(post.deleted for post in timeline.posts),
        "direct_messages": len(timeline.messages),
        "docs": _write_texts(out / "docs", docs),
        "images": _write_pictures(out / "images", pictures),
        "chats": len(chats),
        "facts": len(facts),
        "stances": len(key["stances"]),
        "rumours": len(timeline.rumours),
    }
    readme = _README.format(town=names.TOWN, seed=seed, size=size, slant=slant, rate=rumour_rate)
    key_text = json.dumps(key, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    _write_texts(out, {CHATS: as_lines(chats), "README.md": readme, ANSWER_KEY: key_text})
    return written
