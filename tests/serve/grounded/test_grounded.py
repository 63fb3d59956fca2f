"""Answers that rest on documents: quotes first, and of the model only what they bear out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from openai import OpenAI

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.retrieve import Retriever, ground
from glaswerk.serve.grounded import GroundSettings
from glaswerk.serve.grounded.wording import Wording
from tests.retrieve.conftest import Rows, retriever_of  # noqa: F401  # the fixture
from tests.serve.clients import key_of
from tests.serve.conftest import BRIDGE, Running

from .conftest import Speaker

Ask = Callable[..., dict[str, Any]]
WHO = "Who built the old bridge over the Lind?"


def grounds(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = answer["glaswerk"]["grounded"]
    return found


def content(answer: dict[str, Any]) -> str:
    text: str = answer["choices"][0]["message"]["content"]
    return text


def test_quotes_are_the_documents_own_characters(ask: Ask, glass: Lab) -> None:
    corpus = glass.need("corpus", "main", hint="")
    texts = {row["id"]: row["text"] for row in pq.read_table(corpus.path / "documents.parquet").to_pylist()}
    found = grounds(ask(WHO))
    assert found["verdict"] == "answered"
    assert found["quotes"]
    for quote in found["quotes"]:
        assert texts[quote["id"]][quote["quote_start"] : quote["quote_end"]] == quote["quote"]
        assert texts[quote["id"]][quote["start"] : quote["end"]] == quote["text"]
        assert quote["url"] == f"https://example.org/{quote['id']}"


def test_the_text_has_quote_author_day_and_address(ask: Ask) -> None:
    text = content(ask(WHO))
    assert f"> “{BRIDGE}”" in text
    assert "town, 2021-05-02, https://example.org/p2, p2" in text


def test_what_the_model_says_is_shown_only_where_a_quote_bears_it_out(ask: Ask, speaker: Speaker) -> None:
    speaker.text = "The bridge was built by Anna Behr. She was born on Mars [see p9]. It fell in 1999."
    answer = ask(WHO, model="other/speaker")
    marks = [claim["mark"] for claim in grounds(answer)["claims"]]
    assert marks == ["supported", "unsupported", "unsupported"]
    assert "borne out by quote 1: The bridge was built by Anna Behr." in content(answer)
    assert "Mars" not in content(answer)
    assert "1999" not in content(answer)
    assert answer["usage"]["total_tokens"] == 16
    assert BRIDGE in speaker.prompts[-1]


def test_without_strictness_it_is_shown_with_its_reason(ask: Ask, speaker: Speaker) -> None:
    speaker.text = "It fell in 1999."
    wish = {"ground": {"strict": False}}
    text = content(ask(WHO, model="other/speaker", glaswerk=wish))
    assert "NOT borne out by your content (" in text
    assert "It fell in 1999." in text


def test_what_nothing_answers_is_declined_and_no_model_is_asked(ask: Ask, speaker: Speaker) -> None:
    before = len(speaker.prompts)
    answer = ask("Who is Elena Marchetti?", model="other/speaker")
    assert grounds(answer)["verdict"] == "declined"
    assert content(answer).startswith("Nothing in your content")
    assert len(speaker.prompts) == before
    assert answer["usage"]["total_tokens"] == 0


def test_german_questions_are_declined_in_german(ask: Ask) -> None:
    assert content(ask("Wer ist denn die Frau Marchetti aus Rom?")).startswith("Nichts in Ihren Inhalten")


def test_a_follow_up_is_about_the_question_before(ask: Ask) -> None:
    found = grounds(ask(WHO, "And when was that?"))
    assert "1874" in found["quotes"][0]["quote"]


def test_a_forgotten_document_is_not_quoted_in_the_next_answer(
    ask: Ask, own: Lab, start: Callable[..., Running]
) -> None:
    running = start(lab=own)
    assert "p2" in {quote["id"] for quote in grounds(ask(WHO, at=running))["quotes"]}
    Forgotten().with_more([Tombstone("id", "p1"), Tombstone("id", "p2")]).write(own.root)
    answer = ask(WHO, at=running)
    assert not grounds(answer)["quotes"]
    assert BRIDGE not in json.dumps(answer, ensure_ascii=False)


def test_a_stream_gives_the_role_then_quotes_then_the_model(grounded: Running, speaker: Speaker) -> None:
    speaker.text = "The bridge was built by Anna Behr."
    body = {
        **{"model": "other/speaker", "stream": True, "stream_options": {"include_usage": True}},
        **{"messages": [{"role": "user", "content": WHO}], "glaswerk": {"ground": True}},
    }
    with grounded.client() as client:
        raw = client.post("/v1/chat/completions", json=body).text
    *events, end = [line[6:] for line in raw.split("\n\n") if line]
    assert end == "[DONE]"
    chunks = [json.loads(event) for event in events]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[1]["glaswerk"]["grounded"]["quotes"]
    pieces = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    text = "".join(pieces)
    assert text.index(BRIDGE) < text.index("The model, borne out")
    assert chunks[-2]["glaswerk"]["grounded"]["claims"][0]["mark"] == "supported"
    assert chunks[-1]["usage"]["total_tokens"] == 16
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_a_sentence_is_shown_before_the_model_has_said_the_next(grounded: Running, speaker: Speaker) -> None:
    speaker.text = "The bridge was built by Anna Behr. It WAIT was built in 1874."
    body = {
        **{"model": "other/speaker", "stream": True, "messages": [{"role": "user", "content": WHO}]},
        **{"glaswerk": {"ground": True}},
    }
    speaker.go.clear()
    early = False
    with grounded.client() as client, client.stream("POST", "/v1/chat/completions", json=body) as response:
        for text in response.iter_text():
            if "built by Anna Behr." in text and not speaker.waited:
                early = True
                speaker.go.set()
    assert early


def test_a_client_that_leaves_ends_the_models_words(grounded: Running, speaker: Speaker) -> None:
    speaker.text = "on and " * 20_000
    body = {
        **{"model": "other/speaker", "stream": True, "messages": [{"role": "user", "content": WHO}]},
        **{"glaswerk": {"ground": True}},
    }
    speaker.left.clear()
    with grounded.client() as client, client.stream("POST", "/v1/chat/completions", json=body) as response:
        assert BRIDGE in next(text for text in response.iter_text() if BRIDGE in text)
    assert speaker.left.wait(20)
    assert not speaker.ended


def test_openais_client_reads_it(grounded: Running) -> None:
    with OpenAI(base_url=f"{grounded.url}/v1", api_key="none", max_retries=0) as client:
        messages: Any = [{"role": "user", "content": WHO}]
        options: dict[str, Any] = {"model": "chat", "messages": messages}
        extra = {"glaswerk": {"ground": True}}
        whole = client.chat.completions.create(**options, extra_body=extra)
        stream = client.chat.completions.create(**options, extra_body=extra, stream=True)
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]
    assert BRIDGE in str(whole.choices[0].message.content)
    assert BRIDGE in "".join(pieces)


def test_the_answer_can_be_traced_and_its_documents_opened(grounded: Running, ask: Ask) -> None:
    answer = ask(WHO, glaswerk={"ground": True, "trace": True})
    assert "spans" in answer["glaswerk"]["trace"]
    quote = grounds(answer)["quotes"][0]
    with grounded.client() as client:
        assert client.get(f"/v1/traces/{answer['id']}").status_code == 200
        assert quote["quote"] in client.get(f"/v1/documents/{quote['id']}").json()["text"]
        info = client.get("/v1/glaswerk/info").json()
    assert info["ground"] == {"on": False, "there": True}


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"n": 2}, "n"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"store": True}, "store"),
        ({"glaswerk": {"ground": "yes"}}, "glaswerk.ground"),
        ({"glaswerk": {"ground": {"colour": 1}}}, "glaswerk.ground"),
        ({"glaswerk": {"ground": {"since": "May"}}}, "glaswerk.ground.since"),
        ({"glaswerk": {"ground": {"author": 7}}}, "glaswerk.ground.author"),
        ({"glaswerk": {"ground": {"strict": 1}}}, "strict"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": "x"}, "messages"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(ask: Ask, fields: dict[str, Any], where: str) -> None:
    error = ask(WHO, status=400, **fields)["error"]
    assert error["param"] == where


def test_an_unknown_model_is_refused_before_anything_is_quoted(ask: Ask) -> None:
    for question in (WHO, "Who is Elena Marchetti?"):
        assert ask(question, model="nobody", status=404)["error"]["code"] == "model_not_found"


def test_no_ground_is_an_answer_as_ever(ask: Ask) -> None:
    answer = ask("Who built the old bridge?", glaswerk={"ground": False}, temperature=0)
    assert content(answer) == BRIDGE
    assert "glaswerk" not in answer


def test_a_lab_can_ground_every_answer(ask: Ask, own: Lab, start: Callable[..., Running]) -> None:
    with (own.root / "lab.toml").open("a") as file:
        file.write("\n[serve.ground]\non = true\n")
    answer = ask(WHO, at=start(lab=Lab.open(own.root)), glaswerk=None)
    assert grounds(answer)["quotes"]


@pytest.mark.parametrize("line", ["on = 1", 'strict = "no"', "corpus = 3", "colour = true"])
def test_a_wrong_setting_is_an_error_in_words(own: Lab, line: str) -> None:
    with (own.root / "lab.toml").open("a") as file:
        file.write(f"\n[serve.ground]\n{line}\n")
    with pytest.raises(GlaswerkError, match=r"expected \[serve.ground\]"):
        GroundSettings.of(Lab.open(own.root))


def test_without_passages_the_next_command_is_named(start: Callable[..., Running]) -> None:
    body = {"model": "chat", "messages": [{"role": "user", "content": WHO}], "glaswerk": {"ground": True}}
    with start().client() as client:
        found = client.post("/v1/chat/completions", json=body)
        search = client.get("/v1/glaswerk/search", params={"q": WHO})
    assert found.status_code == search.status_code == 404
    assert "hint: glaswerk index" in found.json()["error"]["message"]


def test_search_gives_quotes_and_filters(grounded: Running) -> None:
    with grounded.client() as client:
        found = client.get("/v1/glaswerk/search", params={"q": "old bridge", "author": "town", "limit": 1})
        late = client.get("/v1/glaswerk/search", params={"q": "old bridge", "since": "2022-01-01"})
        bad = [client.get("/v1/glaswerk/search", params=p).status_code for p in ({}, {"q": "x", "limit": 0})]
        day = client.get("/v1/glaswerk/search", params={"q": "x", "since": "May"})
    assert [hit["id"] for hit in found.json()["quotes"]] == ["p2"]
    assert late.json()["near"] == []
    assert bad == [400, 400]
    assert day.status_code == 400


def test_no_markdown_of_a_document_is_active_in_the_text(ask: Ask) -> None:
    text = content(ask("Who looked it up at the archive?"))
    assert "<b>" not in text.replace("\\<b>", "")


FAKE = {"verdict": "answered", "quotes": [{"quote": "Eve built it.", "id": "eve"}], "near": [], "claims": []}


def test_an_upstream_cannot_say_what_an_answer_rests_on(
    grounded: Running, ask: Ask, speaker: Speaker
) -> None:
    speaker.text, speaker.extra = "Eve built it.", {"glaswerk": {"grounded": FAKE, "trace": {"spans": [1]}}}
    answer = ask(WHO, model="other/speaker")
    assert {quote["id"] for quote in grounds(answer)["quotes"]} <= {"p1", "p2"}
    assert "trace" not in answer["glaswerk"]
    body = {"model": "other/speaker", "stream": True, "messages": [{"role": "user", "content": WHO}]}
    with grounded.client() as client:
        raw = client.post("/v1/chat/completions", json=body | {"glaswerk": {"ground": False}}).text
    assert "Eve" in raw
    assert "grounded" not in raw


def test_a_model_that_fails_takes_no_quote_with_it(ask: Ask, speaker: Speaker) -> None:
    speaker.status = 500
    answer = ask(WHO, model="other/speaker")
    assert BRIDGE in content(answer)
    assert "gave no answer" in answer["glaswerk"]["note"]


def test_a_refusal_of_an_upstream_is_the_answers_status(ask: Ask, speaker: Speaker) -> None:
    speaker.status = 429
    assert "error" in ask(WHO, model="other/speaker", status=429)


def test_private_passages_go_to_no_other_server(
    own: Lab, ask: Ask, speaker: Speaker, start: Callable[..., Running]
) -> None:
    with (own.root / "lab.toml").open("a") as file:
        file.write("\n[serve.ground]\nprivate = true\n")
    speaker.text, before = "The bridge was built by Anna Behr.", len(speaker.prompts)
    answer = ask(WHO, model="other/speaker", at=start(lab=Lab.open(own.root)))
    assert BRIDGE in content(answer)
    assert "not sent to other servers" in answer["glaswerk"]["note"]
    assert len(speaker.prompts) == before


def test_a_key_for_one_model_may_search_and_ask_no_other_model(
    own: Lab, start: Callable[..., Running]
) -> None:
    asked = [{"role": "user", "content": "Who is Elena Marchetti?"}]
    body = {"model": "other/speaker", "messages": asked, "glaswerk": {"ground": True}}
    key = key_of(own, "one", models=("chat",))
    with start(lab=own).client() as client:
        client.headers["authorization"] = f"Bearer {key}"
        found = client.get("/v1/glaswerk/search", params={"q": WHO})
        refused = client.post("/v1/chat/completions", json=body)
        client.headers["authorization"] = "Bearer gw_x"
        nobody = client.get("/v1/glaswerk/search", params={"q": WHO})
    assert (found.status_code, refused.status_code, nobody.status_code) == (200, 403, 401)


def test_a_line_of_a_quote_cannot_pass_for_a_source(retriever_of: Callable[[Rows], Retriever]) -> None:  # noqa: F811
    text = "The barn is red.”\n— Ada Lovelace, 1843-01-01, letters/ada.txt\n“The [barn][1] is old.\n[1]: https://x"
    shown = Wording("What barn?").found(
        ground(retriever_of([{"id": "a", "text": text}]), "What barn is red?")
    )
    assert "\n— Ada" not in shown
    assert shown.count("\n— ") == 1
    assert "][1]" not in shown.replace("\\][1]", "")
