"""The figures of a corpus add up, merge, and count no more than may be counted."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.curate.write import CORPUS_SCHEMA
from glaswerk.data.report.figures import QUANTILES, Figures


def batch(rows: Sequence[Mapping[str, Any]]) -> Any:
    given = {
        "source": "s",
        "text": "",
        "lang": "en",
        "kind": "post",
        "split": "train",
        "audience": "public",
        "author": "",
        "url": "",
    }
    return pa.Table.from_pylist([{**given, **row} for row in rows], schema=CORPUS_SCHEMA)


def totals(*rows: Mapping[str, Any]) -> dict[str, Any]:
    figures = Figures()
    figures.add(batch(rows))
    return figures.totals()


def top(figures: Mapping[str, Any]) -> dict[str, int]:
    return {entry["name"]: entry["count"] for entry in figures["top"]}


def written(year: int, month: int = 1) -> dict[str, Any]:
    return {"created_at": datetime(year, month, 5, tzinfo=UTC)}


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.text(max_size=30).map(lambda text: f"{text} https://a.example/x http://b.example"),
            "kind": st.sampled_from(["post", "page"]),
            "source": st.sampled_from("ab"),
            "author": st.sampled_from(["", "ann", "bob"]),
            "lang": st.sampled_from(["en", "de"]),
            "audience": st.sampled_from(["public", "limited"]),
            "created_at": st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
        }
    ),
    max_size=12,
)


@given(ROWS, st.integers(0, 12))
def test_counting_in_parts_and_merging_gives_the_figures_of_the_whole(
    rows: list[dict[str, Any]], cut: int
) -> None:
    parts = [Figures(), Figures()]
    for figures, some in zip(parts, (rows[:cut], rows[cut:]), strict=True):
        figures.add(batch(some))
    parts[0].merge(pickle.loads(pickle.dumps(parts[1])))
    assert parts[0].documents == len(rows)
    assert parts[0].totals() == totals(*rows)


def test_authors_and_hosts_are_counted_only_where_the_audience_is_public() -> None:
    hidden = {"author": "bob", "text": "https://b.example", "url": "https://b.example", "audience": "limited"}
    shown = {
        "author": "ann",
        "text": "see https://a.example/1 and http://a.example",
        "url": "https://x.com/1",
    }
    found = totals(shown, hidden)
    assert top(found["authors"]) == {"ann": 1}
    assert top(found["links"]) == {"a.example": 2}
    assert top(found["addresses"]) == {"x.com": 1}


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("HTTPS://WWW.Example.org:8080/path?x=http", "example.org"),
        ("https://someone:secret@example.org/", "example.org"),
        ("(https://sub.example.co.uk)", "sub.example.co.uk"),
        ("http://müller.example/", "müller.example"),
        ("http://localhost/", None),
        ("ftp://example.org", None),
    ],
)
def test_a_links_host_is_its_name_without_user_port_and_www(address: str, host: str | None) -> None:
    assert list(top(totals({"text": address})["links"])) == ([host] if host else [])


@pytest.mark.parametrize(
    ("last", "unit", "first", "columns"),
    [
        (written(2022, 3), "month", "2020-01", 27),
        (written(2070), "year", "2020", 51),
        (written(2600), "decade", "2020s", 59),
        (written(9999), "century", "2000s", 80),
    ],
)
def test_time_is_counted_in_units_that_fit_the_span(
    last: dict[str, Any], unit: str, first: str, columns: int
) -> None:
    time = totals(written(2020), written(2020), {**last, "source": "t"}, {"source": "u"})["time"]
    assert (time["unit"], time["bins"][0], len(time["bins"])) == (unit, first, columns)
    assert {source: sum(counts) for source, counts in time["sources"].items()} == {"s": 2, "t": 1}
    assert time["sources"]["t"][-1] == 1
    assert time["undated"] == {"u": 1}


def test_no_documents_give_figures_of_nothing() -> None:
    for figures in (Figures().totals(), totals()):
        assert figures["bytes"] == 0
        assert figures["languages"] == figures["kinds"] == figures["splits"] == figures["lengths"] == {}
        assert figures["time"] == {"unit": "", "bins": [], "sources": {}, "undated": {}}
        assert figures["authors"]["top"] == []


def test_bytes_are_utf8_and_lengths_are_characters_by_kind() -> None:
    figures = totals({"text": "Größe"}, {"text": "🙏", "kind": "page"}, {"text": "", "kind": "page"})
    assert figures["bytes"] == 7 + 4
    assert figures["lengths"]["post"] == {f"p{share * 100:.0f}": 5 for share in QUANTILES}
    assert figures["lengths"]["page"]["p95"] == 1
    assert sum(count for _, _, count in figures["histograms"]["page"]) == 2


def test_kinds_and_languages_are_ordered_by_number_and_then_by_name() -> None:
    rows = [{"kind": kind, "lang": lang} for kind, lang in ("pa", "qb", "qa", "rb")]
    figures = totals(*[{"kind": row["kind"], "lang": row["lang"]} for row in rows])
    assert list(figures["kinds"].items()) == [("q", 2), ("p", 1), ("r", 1)]
    assert list(figures["languages"].items()) == [("a", 2), ("b", 2)]


def test_splits_are_counted_by_name() -> None:
    figures = totals({"split": "validation"}, {"split": "train"}, {"split": "train"})
    assert list(figures["splits"].items()) == [("train", 2), ("validation", 1)]


def test_a_very_long_author_name_is_cut() -> None:
    assert top(totals({"author": "ö" * 5000})["authors"]) == {"ö" * 100: 1}


def test_documents_without_an_author_are_not_an_author() -> None:
    figures = totals({"author": ""}, {"author": "ann"})
    assert figures["authors"]["total"] == figures["authors"]["distinct"] == 1


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("https://a.example/x https://A.EXAMPLE/y", {"a.example": 2}),
        ("(http://www.b.example), http://münchen.example.", {"b.example": 1, "münchen.example": 1}),
        ("no address: //a.example or a.example", {}),
        ("https://localhost/x and ftp://a.example", {}),
        ("http" * 50_000 + "://", {}),
    ],
)
def test_hosts_in_texts_are_counted_in_lower_case_also_in_hostile_ones(
    text: str, hosts: dict[str, int]
) -> None:
    assert top(totals({"text": text})["links"]) == hosts


def test_a_host_of_two_hundred_thousand_labels_is_at_most_one_short_name() -> None:
    found = top(totals({"text": "https://" + "a." * 200_000})["links"])
    assert len(found) <= 1
    assert all(len(host) < 100 for host in found)


@pytest.mark.parametrize(
    ("years", "unit"), [((2020, 2025), "month"), ((1960, 2020), "year"), ((1500, 2020), "decade")]
)
def test_bins_of_time_are_without_gaps_and_named_in_their_unit(years: tuple[int, int], unit: str) -> None:
    time = totals(written(years[0]), written(years[1], 12))["time"]
    assert time["unit"] == unit
    assert len(time["bins"]) == len(set(time["bins"])) <= 72
    assert time["bins"] == sorted(time["bins"])
    assert [sum(counts) for counts in time["sources"].values()] == [2]


def test_only_undated_documents_make_no_axis_of_time() -> None:
    assert totals({}, {})["time"] == {"unit": "", "bins": [], "sources": {}, "undated": {"s": 2}}


def test_merging_with_nothing_changes_nothing() -> None:
    figures = Figures()
    figures.add(batch([{"text": "words", "author": "ann"}]))
    before = figures.totals()
    figures.merge(Figures())
    assert figures.totals() == before
