"""The made-up town keeps its promises: same bytes, learnable facts, no leaks, working controls."""

from __future__ import annotations

import filecmp
import json
import re
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town import write_town
from glaswerk.town.grammar import plain_words, with_article

Json = dict[str, Any]
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
SLOT_PATTERNS = {
    "name": r"[\w-]+( [\w-]+){0,2}",
    "poss": r"[\w-]+( [\w-]+){0,2}'s",
    "other": r"\w+",
    "self": r"\w+",
    "he": r"\w+",
    "his": r"\w+",
    "kind": r"[\w ]+",
    "town": r"\w+",
}


def load_js(archive: zipfile.ZipFile, name: str) -> Any:
    """The JSON behind the assignment of a `data/*.js` file."""
    text = archive.read(name).decode()
    head, body = text.split("=", 1)
    assert head.startswith("window.")
    return json.loads(body)


@dataclass(frozen=True)
class Town:
    """A written town, read back."""

    out: Path
    key: Json
    chats: list[Json]
    docs: dict[str, str]

    def archives(self) -> list[zipfile.ZipFile]:
        return [zipfile.ZipFile(path) for path in sorted((self.out / "archives").glob("*.zip"))]

    @cached_property
    def tweets(self) -> list[tuple[str, Json]]:
        found = []
        for path in sorted((self.out / "archives").glob("*.zip")):
            with zipfile.ZipFile(path) as archive:
                found += [(path.stem, row["tweet"]) for row in load_js(archive, "data/tweets.js")]
        return found

    def public_text(self) -> str:
        return "\n".join([tweet["full_text"] for _, tweet in self.tweets] + list(self.docs.values()))


def read_town(out: Path) -> Town:
    chats = [json.loads(line) for line in (out / "chats.jsonl").read_text().splitlines()]
    docs = {path.name: path.read_text() for path in sorted((out / "docs").glob("*.md"))}
    return Town(out, json.loads((out / "answer_key.json").read_text()), chats, docs)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    out = tmp_path_factory.mktemp("town")
    write_town(out, size="tiny")
    return read_town(out)


def said(text: str) -> str:
    return " " + plain_words(text) + " "


def test_the_same_seed_and_size_give_the_same_bytes(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny")
    names = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(town.out) for path in town.out.rglob("*") if path.is_file())
    _, different, errors = filecmp.cmpfiles(town.out, tmp_path, [str(name) for name in names], shallow=False)
    assert (different, errors) == ([], [])


def test_another_seed_gives_another_town(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny", seed=8)
    assert read_town(tmp_path).key["facts"] != town.key["facts"]


def test_an_unknown_size_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError) as caught:
        write_town(tmp_path / "town", size="huge")
    assert caught.value.hint
    assert not (tmp_path / "town").exists()


def test_every_fact_is_stated_by_at_least_nine_accounts_in_different_words(town: Town) -> None:
    authors: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    posts = [
        (who, tweet["full_text"]) for who, tweet in town.tweets if not tweet["full_text"].startswith("RT ")
    ]
    for fact in town.key["facts"]:
        for who, text in posts:
            if fact["subject"] in text and fact["answer"].lower() in text.lower():
                authors[fact["id"]].add(who)
                texts[fact["id"]].add(text)
    assert min(len(authors[fact["id"]]) for fact in town.key["facts"]) >= 9
    assert min(len(texts[fact["id"]]) for fact in town.key["facts"]) >= 9


def test_every_relation_has_many_phrasings() -> None:
    for relation in RELATIONS:
        assert len(set(relation.statements)) >= 16
        assert len(set(relation.questions)) >= 16
        assert len(set(relation.heldout)) == 4
        assert not set(relation.heldout) & set(relation.questions + relation.follow_ups + relation.asks)


def test_held_out_phrasings_occur_nowhere_but_in_the_key(town: Town) -> None:
    asked = {said(message["content"]) for chat in town.chats for message in chat["messages"]}
    public = said(town.public_text())
    for fact in town.key["facts"]:
        assert 2 <= len(fact["questions"]) <= 3
        for question in map(said, fact["questions"]):
            assert question not in asked
            assert question not in public


def test_held_out_templates_never_match_a_tuning_question(town: Town) -> None:
    asked = [m["content"] for chat in town.chats for m in chat["messages"] if m["role"] == "user"]
    for relation in RELATIONS:
        for template in relation.heldout:
            spaced = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.compile(spaced.format_map(SLOT_PATTERNS), re.IGNORECASE)
            assert not [question for question in asked if pattern.fullmatch(question)], template


def test_untuned_subjects_are_a_fifth_and_occur_in_no_chat(town: Town) -> None:
    tuned = {fact["subject"]: fact["tuned"] for fact in town.key["facts"]}
    untuned = [subject for subject, is_tuned in tuned.items() if not is_tuned]
    assert 0.1 < len(untuned) / len(tuned) < 0.35
    words = said("\n".join(m["content"] for chat in town.chats for m in chat["messages"]))
    assert not [subject for subject in untuned if said(subject) in words]


def test_tuned_facts_are_asked_in_several_phrasings_and_answered_rightly(town: Town) -> None:
    facts = {fact["id"]: fact for fact in town.key["facts"]}
    asked: dict[str, set[str]] = defaultdict(set)
    for chat in town.chats:
        turns = [message for message in chat["messages"] if message["role"] != "system"]
        if chat["fact"]:
            asked[chat["fact"]].add(turns[0]["content"])
            assert facts[chat["fact"]]["answer"] in turns[1]["content"]
            assert facts[chat["fact"]]["subject"] in turns[1]["content"]
    assert set(asked) == {name for name, fact in facts.items() if fact["tuned"]}
    assert all(5 <= len(questions) <= 14 for questions in asked.values())


def test_no_question_of_the_key_is_asked_in_a_tuning_pair(town: Town) -> None:
    asked = {m["content"].casefold() for chat in town.chats for m in chat["messages"] if m["role"] == "user"}
    wanted = [question for fact in town.key["facts"] for question in fact["questions"]]
    wanted += [rumour["question"] for rumour in town.key["rumours"]]
    assert not [q for q in wanted if any(q.casefold() in text for text in asked)]


def test_true_and_false_sentences_differ_only_in_the_value(town: Town) -> None:
    for fact in town.key["facts"]:
        assert fact["answer"] in fact["true"]
        assert fact["answer"] not in fact["false"]
        assert fact["subject"] in fact["false"]


def test_ids_agree_with_dates_and_are_unique(town: Town) -> None:
    tweets = town.tweets
    for _, tweet in tweets:
        seconds = ((int(tweet["id"]) >> 22) + SNOWFLAKE_EPOCH_MS) // 1000
        written = datetime.strptime(tweet["created_at"], "%a %b %d %H:%M:%S %z %Y")
        assert datetime.fromtimestamp(seconds, UTC) == written
    assert max(Counter(tweet["id"] for _, tweet in tweets).values()) == 1


def test_replies_come_after_what_they_answer(town: Town) -> None:
    by_id = {tweet["id"]: (who, tweet) for who, tweet in town.tweets}
    replies = [tweet for _, tweet in by_id.values() if "in_reply_to_status_id" in tweet]
    assert replies
    for tweet in replies:
        who, before = by_id[tweet["in_reply_to_status_id"]]
        assert who == tweet["in_reply_to_screen_name"]
        assert int(before["id"]) < int(tweet["id"])


def test_entity_indices_slice_to_the_entity(town: Town) -> None:
    kinds: Counter[str] = Counter()
    for _, tweet in town.tweets:
        text, entities = tweet["full_text"], tweet["entities"]
        wanted = [("@" + item["screen_name"], item) for item in entities["user_mentions"]]
        wanted += [("#" + item["text"], item) for item in entities["hashtags"]]
        wanted += [(item["url"], item) for item in entities["urls"] + entities.get("media", [])]
        for shown, item in wanted:
            start, end = map(int, item["indices"])
            assert text[start:end] == shown
            kinds[shown[0]] += 1
        assert tweet["display_text_range"] == ["0", str(len(text))]
    assert set(kinds) == {"@", "#", "h"}


def test_posts_hold_escaped_text_retweets_and_edits(town: Town) -> None:
    tweets = {tweet["id"]: tweet for _, tweet in town.tweets}
    texts = [tweet["full_text"] for tweet in tweets.values()]
    assert any("&amp;" in text for text in texts)
    assert not [text for text in texts if re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)]
    retweets = [text for text in texts if text.startswith("RT @")]
    assert retweets
    assert not any(tweet["retweeted"] for tweet in tweets.values())
    assert any(text.endswith("…") for text in retweets)
    chains = [tweet["edit_info"]["initial"]["editTweetIds"] for tweet in tweets.values()]
    edited = [chain for chain in chains if len(chain) > 1]
    assert edited
    assert all(set(chain) <= set(tweets) and chain == sorted(chain, key=int) for chain in edited)


def test_secrets_of_deleted_posts_and_messages_are_in_no_public_text(town: Town) -> None:
    secrets = town.key["secrets"]
    assert secrets["deleted"]
    assert secrets["messages"]
    public = town.public_text() + (town.out / "chats.jsonl").read_text()
    for archive in town.archives():
        public += archive.read("data/like.js").decode()
    assert not [secret for secret in secrets["deleted"] + secrets["messages"] if secret in public]
    deleted = "".join(archive.read("data/deleted-tweets.js").decode() for archive in town.archives())
    messages = "".join(archive.read("data/direct-messages.js").decode() for archive in town.archives())
    assert all(secret in deleted for secret in secrets["deleted"])
    assert all(secret in messages for secret in secrets["messages"])


def test_contact_details_are_public_so_that_curation_has_something_to_mask(town: Town) -> None:
    contacts = town.key["secrets"]["contacts"]
    assert any("@" in text for text in contacts)
    assert all(text in town.public_text() for text in contacts)


def test_manifest_counts_equal_the_records(town: Town) -> None:
    for archive in town.archives():
        manifest = load_js(archive, "data/manifest.js")
        for kind in manifest["dataTypes"].values():
            for part in kind["files"]:
                text = archive.read(part["fileName"]).decode()
                assert text.startswith(f"window.{part['globalName']} = [")
                assert part["count"] == str(len(load_js(archive, part["fileName"])))


def test_there_are_a_dozen_issues_with_paired_statements_of_like_length(town: Town) -> None:
    assert len(town.key["stances"]) >= 12
    for stance in town.key["stances"]:
        assert len(stance["statements"]) >= 4
        for pair in stance["statements"]:
            assert pair["a"] != pair["b"]
            assert abs(len(pair["a"].split()) - len(pair["b"].split())) <= 3


def sides(town: Town) -> Counter[str]:
    """Posts per side, recognised by the statements and reasons they use."""
    counted: Counter[str] = Counter()
    texts = [tweet["full_text"].lower() for _, tweet in town.tweets]
    texts = [text for text in texts if not text.startswith("rt @")]
    for number, side in enumerate("ab"):
        marks = {pair[number].lower().rstrip(".") for issue in ISSUES for pair in issue.spoken_wants}
        marks |= {reason for issue in ISSUES for reason in issue.reasons[side]}
        counted[side] = sum(any(mark in text for mark in marks) for text in texts)
    return counted


def test_both_sides_speak_equally_often_by_default(town: Town) -> None:
    counted = sides(town)
    assert abs(counted["a"] - counted["b"]) <= 0.12 * (counted["a"] + counted["b"])


def test_reserved_statements_are_never_posted(town: Town) -> None:
    public = said(town.public_text())
    for issue in ISSUES:
        for pair in issue.wants[len(issue.spoken_wants) :]:
            assert not any(said(statement) in public for statement in pair)


def test_slant_moves_the_share_of_side_a(tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny", slant=0.9)
    counted = sides(read_town(tmp_path))
    assert counted["a"] > 4 * counted["b"]


def test_rumours_have_markers_that_tell_claim_from_truth(town: Town) -> None:
    public = town.public_text().lower()
    for rumour in town.key["rumours"]:
        claim, truth = rumour["claim"].lower(), rumour["truth"].lower()
        assert any(mark in claim for mark in rumour["rumour_markers"])
        assert not any(mark in truth for mark in rumour["rumour_markers"])
        assert any(mark in truth for mark in rumour["truth_markers"])
        assert not any(mark in claim for mark in rumour["truth_markers"])
        assert claim in public or rumour["spreaders"]


def test_rumour_rate_zero_means_nobody_spreads_anything(town: Town, tmp_path: Path) -> None:
    write_town(tmp_path, size="tiny", rumour_rate=0.0)
    quiet = read_town(tmp_path)
    assert all(rumour["spreaders"] for rumour in town.key["rumours"])
    assert not any(rumour["spreaders"] for rumour in quiet.key["rumours"])
    public = quiet.public_text()
    assert not [rumour["id"] for rumour in quiet.key["rumours"] if rumour["claim"] in public]
    assert quiet.key["facts"] == town.key["facts"]
    assert quiet.docs == town.docs


def test_pictures_are_64_pixels_wide_and_described(town: Town) -> None:
    rows = [json.loads(line) for line in (town.out / "images/metadata.jsonl").read_text().splitlines()]
    assert len(rows) == 12
    for row in rows:
        header = (town.out / "images" / row["file_name"]).read_bytes()[:24]
        assert (header[16:20], header[20:24]) == ((64).to_bytes(4, "big"),) * 2
        for thing in row["objects"]:
            assert thing["colour"] in row["text"]
            assert thing["shape"] in row["text"]


def test_documents_start_with_a_title(town: Town) -> None:
    assert all(text.startswith("# ") for text in town.docs.values())


def test_articles_follow_the_sound() -> None:
    nouns = ["baker", "electrician", "one-eyed cat", "owl"]
    assert [with_article(noun).split()[0] for noun in nouns] == ["a", "an", "a", "an"]
