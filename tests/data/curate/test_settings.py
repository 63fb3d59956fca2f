"""The settings of curation: every rule is named, has its threshold in lab.toml and can be switched off."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.mixture_settings import MixtureConfig
from glaswerk.data.curate.settings import OPTIONAL, CurateConfig, read_settings
from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.data.removal.history import in_corpora
from glaswerk.data.source import add_docs
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab

QUESTION = (
    "Which baker of the upper lane sold the first loaf with rosemary on the morning after the great flood?"
)


def add(lab: Lab, folder: Path, rows: Sequence[Mapping[str, Any]], kind: str, name: str = "docs") -> None:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(lab, [path], licence="CC0-1.0", acquired="own", name=name, kind=kind)


def with_settings(lab: Lab, text: str) -> Lab:
    path = lab.root / "lab.toml"
    path.write_text(path.read_text() + text)
    return Lab.open(lab.root)


def reasons(corpus: Artifact) -> dict[str, str]:
    rows = pq.read_table(corpus.path / "decisions.parquet").to_pylist()
    return {row["document"].partition(":")[2]: row["reason"] for row in rows}


def test_a_new_labs_settings_are_the_defaults(empty_lab: Lab) -> None:
    assert read_settings(empty_lab.settings.get("curate", {})) == CurateConfig()
    lines = [line.removeprefix("# ") for line in (empty_lab.root / "lab.toml").read_text().splitlines()]
    example = "\n".join(line for line in lines if "=" in line or line.startswith("["))
    (empty_lab.root / "lab.toml").write_text(example)
    table = Lab.open(empty_lab.root).settings["curate"]
    assert read_settings(table).mixture.cap_by_author == {"*": 5000}


def test_rules_and_thresholds_come_from_lab_toml(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "short", "text": "Thanks, Anna, for the bread."},
        {"id": "repeated", "text": "buy now " * 20},
        {"id": "twice", "text": "The ferry leaves at seven in the morning, as it always has."},
        {"id": "twice again", "text": "The ferry leaves at seven in the morning, as it always has."},
        {"id": "retweet", "text": "RT @anna: the ferry leaves at seven in the morning."},
    ]
    add(empty_lab, tmp_path, rows, "post")
    assert Counter(reasons(curate(empty_lab)).values()) == {
        "kept": 2,
        "repetitive": 1,
        "exact-duplicate": 1,
        "retweet": 1,
    }
    lab = with_settings(
        empty_lab,
        '[curate]\noff = ["repetitive", "exact-duplicate", "near-duplicate", "retweet"]\n'
        "[curate.quality]\npost_letters = 25\n",
    )
    found = reasons(curate(lab))
    assert found.pop("short") == "too-short"
    assert set(found.values()) == {"kept"}


def test_the_kinds_of_personal_data_are_by_choice(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"text": "Ask @anna or anna@mill.example about the ferry."}], "post")
    assert next(read_documents(curate(empty_lab).path)).text == "Ask @anna or [email] about the ferry."
    lab = with_settings(empty_lab, '[curate]\nmask = ["handle"]\n')
    corpus = curate(lab)
    assert next(read_documents(corpus.path)).text == "Ask [handle] or anna@mill.example about the ferry."
    assert corpus.stats["masked"] == {"handle": 1}


def test_the_rules_of_the_web_judge_pages_where_asked(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"id": "menu", "text": "Home\nGazette\nFerry\nContact us today"}], "page")
    add(empty_lab, tmp_path, [{"id": "post", "text": "The ferry leaves at seven."}], "post", "posts")
    assert set(reasons(curate(empty_lab)).values()) == {"kept"}
    assert reasons(curate(empty_lab, web=["gopher"])) == {"menu": "gopher-words", "post": "kept"}
    lab = with_settings(
        empty_lab,
        '[curate]\noff = ["gopher-words"]\n[curate.web]\nfamilies = ["gopher"]\n'
        "[curate.web.gopher]\ntop_ngrams = [[2, 0.9]]\nstop_words_min = 0\n",
    )
    assert set(reasons(curate(lab)).values()) == {"kept"}


def test_lines_of_many_pages_go_and_are_counted(empty_lab: Lab, tmp_path: Path) -> None:
    menu = "Home | Gazette | Timetables | Contact the council"
    names = [
        "Anna",
        "Berta",
        "Clara",
        "Dora",
        "Emma",
        "Frida",
        "Greta",
        "Hanna",
        "Ida",
        "Jana",
        "Klara",
        "Lena",
    ]
    pages = [{"text": f"{menu}\n\nToday {name} rows the ferry over to the mill."} for name in names]
    add(empty_lab, tmp_path, pages, "page")
    corpus = curate(empty_lab)
    assert not [d for d in read_documents(corpus.path) if "Timetables" in d.text]
    assert corpus.stats["masked"] == {"boilerplate": (len(menu) + 2) * len(names)}
    lab = with_settings(empty_lab, "[curate.boilerplate]\nenabled = false\n")
    assert len([d for d in read_documents(curate(lab).path) if "Timetables" in d.text]) == len(names)


def test_evaluation_items_stay_out_and_it_is_said_which_document_leaked_which(
    empty_lab: Lab, tmp_path: Path
) -> None:
    items = [{"id": "q1", "question": QUESTION, "answer": "Anna Reed"}, {"id": "q2", "question": "Who rows?"}]
    (tmp_path / "quiz.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    made = add_evaluations(empty_lab, [tmp_path / "quiz.jsonl"], name="quiz")
    assert dict(made.stats) == {"items": 2, "sets": {"quiz": 2}, "unchecked": {"quiz": 1}}
    prose = "\n".join(f"In year {n} the ferry crossed the river {n * 7} times, they say." for n in range(400))
    add(
        empty_lab,
        tmp_path,
        [
            {"id": "leak", "text": f"Quiz night! {QUESTION.upper()} Nobody knew."},
            {"id": "clean", "text": "The baker of the upper lane sells loaves with rosemary."},
            {"id": "long", "text": f"{prose}\nAsked: {QUESTION}\n{prose.replace('ferry', 'boat')}"},
        ],
        "page",
    )
    corpus = curate(empty_lab)
    assert reasons(corpus) == {"clean": "kept", "leak": "evaluation-item", "long": "kept"}
    assert not [d for d in read_documents(corpus.path) if "rosemary on the morning" in d.text]
    leaks = pq.read_table(corpus.path / "leaks.parquet").to_pylist()
    assert [(leak["document"], leak["set"], leak["item"]) for leak in leaks] == [
        ("docs:leak", "quiz", "q1"),
        ("docs:long", "quiz", "q1"),
    ]
    assert corpus.stats["leaks"] == {"quiz": {"items": 1, "documents": 2}}
    assert corpus.inputs["evaluation:quiz"] == made.id
    assert "<td>quiz</td>" in (corpus.path / "report.html").read_text()


def test_toxicity_is_written_down_and_drops_nothing_unless_asked(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "rude", "text": "You idiot, you moron, what a stupid ferry.", "lang": "en"},
        {"id": "kind", "text": "What a beautiful ferry you have.", "lang": "en"},
        {"id": "french", "text": "Quel beau bac vous avez là.", "lang": "fr"},
    ]
    add(empty_lab, tmp_path, rows, "post")
    corpus = curate(empty_lab)
    table = pq.read_table(corpus.path / "documents.parquet", columns=["id", "toxicity"]).to_pylist()
    found = {row["id"].partition(":")[2]: row["toxicity"] for row in table}
    assert (found["french"], found["kind"]) == (None, 0.0)
    assert found["rude"] > 0.5
    told = [event.words for event in in_corpora(empty_lab, "docs:rude")]
    assert "(idiot*, moron*, stupid*)" in told[0]
    lab = with_settings(empty_lab, "[curate.toxicity]\nlexicon_toxicity_max = 0.5\n")
    assert reasons(curate(lab))["rude"] == "lexicon-toxicity"


def test_shares_and_caps_hold_by_source_language_and_author(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {
            "text": f"On day {n} the ferry was {n} minutes late.",
            "author": "@Anna" if n < 150 else "berta",
            "lang": "en" if n % 2 else "de",
        }
        for n in range(200)
    ]
    add(empty_lab, tmp_path, rows, "post", "ferry")
    add(empty_lab, tmp_path, [{"text": f"Mill report number {n} of the year."} for n in range(100)], "post")
    lab = with_settings(
        empty_lab, "[curate.mixture]\nshare_by_source = { docs = 0.3 }\ncap_by_author = { anna = 20 }\n"
    )
    corpus = curate(lab)
    kept = Counter((d.source, d.author) for d in read_documents(corpus.path))
    assert kept["ferry", "@Anna"] == 20
    assert kept["ferry", "berta"] == 50
    assert 15 <= kept["docs", ""] <= 45
    assert corpus.stats["decisions"]["mixture-cap"] == 130
    more = curate(lab, name="more", config=CurateConfig(mixture=MixtureConfig(share_by_source={"docs": 0.6})))
    fewer, larger = ({d.id for d in read_documents(c.path) if d.source == "docs"} for c in (corpus, more))
    assert fewer < larger
    capped = CurateConfig(mixture=MixtureConfig(cap_by_language={"*": 10}))
    languages = Counter(d.lang for d in read_documents(curate(lab, name="capped", config=capped).path))
    assert max(languages.values()) == 10


@pytest.mark.parametrize(
    ("table", "words", "hint"),
    [
        ({"langauges": ["en"]}, "found 'langauges'", "languages"),
        ({"languages": "en"}, "a list of strings for languages", "correct that line"),
        (
            {"quality": {"post_letters": 2.5}},
            r"whole number for post_letters in \[curate.quality\]",
            "correct that line",
        ),
        ({"quality": 3}, "a table for quality", "correct that line"),
        ({"off": ["deleted"]}, "found 'deleted'", "lab.toml"),
        ({"off": ["near-duplicates"]}, "found 'near-duplicates'", "near-duplicate"),
        ({"mask": ["emails"]}, "found 'emails'", "email"),
        ({"web": {"families": ["gofer"]}}, "found 'gofer'", "gopher"),
        ({"web": {"gopher": {"top_ngrams": [[2]]}}}, r"a list of \[words, share\]", "correct that line"),
        ({"mixture": {"share_by_source": {"a": 2}}}, "between 0 and 1", "epochs"),
        ({"mixture": {"cap_by_author": {"a": -1}}}, "0 or more", None),
        ({"mixture": {"cap_by_author": {"a": "x"}}}, "cap_by_author.a", "correct that line"),
        ({"near_duplicate": 85}, "between 0 and 1 for near_duplicate", "correct that line"),
        ({"near_duplicate": float("nan")}, "between 0 and 1", "correct that line"),
        ({"quality": {"letter_share": -0.1}}, r"letter_share in \[curate.quality\]", "correct that line"),
        ({"web": {"gopher": {"words_min": -5}}}, "0 or more for words_min", "correct that line"),
        ({"mixture": {"share_by_language": {"english": 0}}}, "found 'english'", None),
        ({"validation_share": True}, "a number for validation_share", "correct that line"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(
    table: dict[str, Any], words: str, hint: str | None
) -> None:
    with pytest.raises(GlaswerkError, match=words) as caught:
        read_settings(table)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_mixture_of_unknown_sources_and_a_table_that_is_none_are_refused(
    empty_lab: Lab, tmp_path: Path
) -> None:
    add(empty_lab, tmp_path, [{"text": "The ferry leaves at seven."}], "post", "ferry")
    lab = with_settings(empty_lab, "[curate.mixture]\nshare_by_source = { fery = 0.5 }\n")
    with pytest.raises(GlaswerkError, match="found 'fery'") as caught:
        curate(lab)
    assert caught.value.hint == "write ferry"
    (lab.root / "lab.toml").write_text('format = 1\ncurate = "x"\n')
    with pytest.raises(GlaswerkError, match=r"a table \[curate\]"):
        curate(Lab.open(lab.root))


SETTINGS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(list(CurateConfig.__dataclass_fields__)) | st.text(), SETTINGS))
def test_any_settings_are_read_in_canonical_form_or_refused_with_our_error(table: dict[str, Any]) -> None:
    with suppress(GlaswerkError):
        found = read_settings(table)
        assert read_settings(asdict(found)) == found


@pytest.mark.parametrize("reason", OPTIONAL)
def test_each_optional_rule_is_a_name_that_off_knows(reason: str) -> None:
    assert read_settings({"off": [reason]}) == replace(CurateConfig(), off=(reason,))
