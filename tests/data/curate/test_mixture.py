"""Shares and caps drop by content hash: the same documents whatever the order, more for a larger share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from small_labs import doc

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.mixture import mixture_drops
from glaswerk.data.curate.mixture_settings import MixtureConfig
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.curate.shard_task import EXCLUSIONS, ExclusionList, ShardTask, plan_tasks, run_task
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.parquet import write_documents


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> list[ShardTask]:
    """120 documents of two sources: 60 of the first by three authors, 60 of the second by nobody."""
    folder = tmp_path_factory.mktemp("mixture")
    authors = ("@Hazel", "hazel", "otis")
    sources: dict[str, list[Document]] = {
        "a": [
            doc(f"a:{number:02}", f"The ferry left {number} times last month.", author=authors[number % 3])
            for number in range(60)
        ],
        "b": [doc(f"b:{number:02}", f"Die Fähre fuhr {number} Mal.", lang="de") for number in range(60)],
    }
    files = []
    for name, documents in sources.items():
        write_documents(folder / name, documents)
        files.append((name, folder / name))
    ExclusionList(frozenset(), Removed()).write(folder / EXCLUSIONS)
    found = plan_tasks(files, folder, CurateConfig())
    for task in found:
        run_task(task)
    return found


def drops(tasks: Sequence[ShardTask], **table: Any) -> dict[str, list[int]]:
    """Numbers of the dropped documents by reason; 0 to 59 are of source a, the others of b."""
    alive = [task.keys().alive + np.uint32(task.first) for task in tasks]
    ranks = np.concatenate([task.keys().contents for task in tasks])[:, 1]
    kept = np.ones(len(ranks), bool)
    config = MixtureConfig(**table)
    found: dict[str, list[int]] = {}
    for reason, rows in mixture_drops(config, tasks, alive, kept, ranks):
        found.setdefault(reason, []).extend(rows.tolist())
    assert kept.all()
    return found


def left(tasks: Sequence[ShardTask], **table: Any) -> set[int]:
    gone: Iterator[int] = (row for rows in drops(tasks, **table).values() for row in rows)
    return set(range(120)) - set(gone)


def test_no_settings_drop_nothing(tasks: list[ShardTask]) -> None:
    assert drops(tasks) == {}


@pytest.mark.parametrize("small", [0.0, 0.1, 0.5])
def test_a_larger_share_contains_a_smaller_one(tasks: list[ShardTask], small: float) -> None:
    few, many = left(tasks, share_by_source={"a": small}), left(tasks, share_by_source={"a": 0.8})
    assert few <= many
    assert set(range(60, 120)) <= few


def test_a_share_of_one_keeps_everything_and_of_zero_nothing(tasks: list[ShardTask]) -> None:
    assert len(left(tasks, share_by_source={"a": 1.0})) == 120
    assert left(tasks, share_by_source={"*": 0.0}) == set()


@pytest.mark.parametrize("cap", [0, 1, 7, 60, 1000])
def test_a_cap_is_met_exactly(tasks: list[ShardTask], cap: int) -> None:
    kept = left(tasks, cap_by_source={"a": cap})
    assert len(kept & set(range(60))) == min(cap, 60)
    assert left(tasks, cap_by_source={"a": cap}) <= left(tasks, cap_by_source={"a": cap + 1})


def test_a_star_applies_to_every_name_that_is_not_listed(tasks: list[ShardTask]) -> None:
    kept = left(tasks, cap_by_source={"*": 5, "b": 50})
    assert (len(kept & set(range(60))), len(kept - set(range(60)))) == (5, 50)


@pytest.mark.parametrize("handle", ["hazel", "@HAZEL", " Hazel "])
def test_one_author_in_several_spellings_is_one_group(tasks: list[ShardTask], handle: str) -> None:
    kept = left(tasks, cap_by_author={handle: 3})
    hazels = {number for number in range(60) if number % 3 < 2}
    assert len(kept & hazels) == 3
    assert set(range(120)) - hazels <= kept


def test_documents_without_an_author_have_no_cap_by_author(tasks: list[ShardTask]) -> None:
    kept = left(tasks, cap_by_author={"*": 1})
    assert set(range(60, 120)) <= kept
    assert len(kept) == 60 + 2


def test_languages_are_groups_across_sources(tasks: list[ShardTask]) -> None:
    assert left(tasks, share_by_language={"de": 0.0}) == set(range(60))


def test_source_language_and_author_draw_independently(tasks: list[ShardTask]) -> None:
    by_source = left(tasks, share_by_source={"b": 0.5})
    by_language = left(tasks, share_by_language={"de": 0.5})
    both = left(tasks, share_by_source={"b": 0.5}, share_by_language={"de": 0.5})
    assert by_source != by_language
    assert both == by_source & by_language


def test_a_document_is_dropped_for_one_reason_the_share_first(tasks: list[ShardTask]) -> None:
    found = drops(tasks, share_by_source={"a": 0.5}, cap_by_source={"a": 10}, cap_by_author={"*": 2})
    rows = [row for each in found.values() for row in each]
    assert len(rows) == len(set(rows))
    alone = drops(tasks, share_by_source={"a": 0.5})
    assert set(found["mixture-share"]) == set(alone["mixture-share"])


def test_the_sources_of_a_lab_are_checked_by_name() -> None:
    config = MixtureConfig(share_by_source={"*": 0.5, "posts": 0.1}, cap_by_source={"chats": 3})
    config.check_sources(["posts", "chats"])
    with pytest.raises(GlaswerkError, match=r"\(posts, chat\), found 'chats'") as caught:
        config.check_sources(["posts", "chat"])
    assert caught.value.hint == "write chat"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"share_by_author": {"ann": 1.01}}, "share of 'ann' between 0 and 1, found 1.01"),
        ({"share_by_source": {"*": -0.1}}, r"share of '\*' between 0 and 1"),
        ({"share_by_source": {"a": float("nan")}}, "found nan"),
        ({"cap_by_language": {"de": -1}}, "cap of 'de' of 0 or more, found -1"),
        ({"share_by_language": {"deutsch": 0.5}}, "a language code such as 'de'"),
        ({"cap_by_language": {"DE": 5}}, "found 'DE'"),
    ],
)
def test_settings_out_of_range_are_named(table: dict[str, Any], words: str) -> None:
    with pytest.raises(GlaswerkError, match=words):
        MixtureConfig(**table).check()


def test_every_kind_of_name_has_its_shares_and_caps() -> None:
    config = MixtureConfig(share_by_author={"ann": 0.5}, cap_by_language={"und": 3, "*": 9})
    config.check()
    assert config.shares("author") == {"ann": 0.5}
    assert config.caps("language") == {"und": 3, "*": 9}
    assert config.shares("source") == config.caps("source") == {}
