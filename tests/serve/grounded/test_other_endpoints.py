"""Responses and messages rest on documents as chats do; what cannot is refused by name."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from anthropic import Anthropic
from openai import OpenAI
from websockets.sync.client import connect

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.retrieve import Retriever, ground
from glaswerk.serve.accounts.limits import KeyLimits
from glaswerk.serve.grounded.answers import GroundedAnswer
from glaswerk.serve.grounded.checked import Checked
from glaswerk.serve.offers.settings import OfferSettings
from glaswerk.serve.responses.objects import annotation
from glaswerk.serve.upstreams.settings import upstreams_of
from tests.retrieve.conftest import Rows, retriever_of  # noqa: F401  # the fixture
from tests.serve.clients import key_of
from tests.serve.conftest import BRIDGE, Running

from .conftest import Speaker

WHO = "Who built the old bridge over the Lind?"
GROUND = {"glaswerk": {"ground": True}}
SAID = "The bridge was built by Anna Behr. It fell in 1999."
PATHS = {"/v1/responses": {"input": WHO}, "/v1/messages": {"messages": [{"role": "user", "content": WHO}]}}


@pytest.fixture
def post(grounded: Running) -> Callable[..., dict[str, Any]]:
    """Asks an endpoint, by default for a ground."""

    def run(
        path: str, *, status: int = 200, at: Running = grounded, key: str = "", **fields: Any
    ) -> dict[str, Any]:
        more = {"max_tokens": 100} if path == "/v1/messages" else {}
        body = {"model": "chat", **more, **PATHS.get(path, {}), **GROUND, **fields}
        with at.client() as client:
            if key:
                client.headers["authorization"] = f"Bearer {key}"
            found = client.post(path, json={name: value for name, value in body.items() if value is not None})
        assert found.status_code == status, found.text
        answer: dict[str, Any] = found.json()
        return answer

    return run


@pytest.fixture
def texts(quoted_folder: Any) -> Iterator[dict[str, str]]:
    """The documents' texts by id."""
    lab = Lab.open(quoted_folder)
    corpus = lab.need("corpus", "main", hint="")
    yield {row["id"]: row["text"] for row in pq.read_table(corpus.path / "documents.parquet").to_pylist()}
    lab.ledger.close()


@pytest.mark.parametrize("model", ["chat", "other/speaker"])
def test_a_response_quotes_and_cites_the_addresses_of_its_documents(
    post: Callable[..., dict[str, Any]], texts: dict[str, str], speaker: Speaker, model: str
) -> None:
    speaker.text = SAID
    found = post("/v1/responses", model=model)
    (part,) = found["output"][0]["content"]
    quotes = found["glaswerk"]["grounded"]["quotes"]
    assert found["glaswerk"]["grounded"]["verdict"] == "answered"
    assert len(part["annotations"]) == len(quotes) > 0
    for cited, quote in zip(part["annotations"], quotes, strict=True):
        assert texts[quote["id"]][quote["quote_start"] : quote["quote_end"]] == quote["quote"]
        assert (cited["type"], cited["url"]) == ("url_citation", quote["url"])
        assert cited["title"] == f"{quote['author']}, {quote['created_at'][:10]}"
        assert part["text"][cited["start_index"] : cited["end_index"]].startswith("> “")
    assert BRIDGE in part["text"]
    assert "1999" not in part["text"]
    assert found["store"] is False


def test_what_an_upstream_says_is_checked_in_responses_and_messages(
    post: Callable[..., dict[str, Any]], speaker: Speaker
) -> None:
    speaker.text = SAID
    for path in PATHS:
        claims = post(path, model="other/speaker")["glaswerk"]["grounded"]["claims"]
        assert [claim["mark"] for claim in claims] == ["supported", "unsupported"]
        assert BRIDGE in speaker.prompts[-1]


def test_openais_client_reads_annotations_as_they_come(grounded: Running, speaker: Speaker) -> None:
    speaker.text = SAID
    with OpenAI(base_url=f"{grounded.url}/v1", api_key="none", max_retries=0) as client:
        stream = client.responses.create(model="other/speaker", input=WHO, extra_body=GROUND, stream=True)
        events = list(stream)
    kinds = [event.type for event in events]
    first: Any = events[0]
    last: Any = events[-1]
    assert first.response.glaswerk["grounded"]["quotes"]
    assert first.response.glaswerk["grounded"]["claims"] == []
    assert [event.sequence_number for event in events] == list(range(len(events)))
    added: list[Any] = [e.annotation for e in events if e.type == "response.output_text.annotation.added"]
    cited = last.response.output[0].content[0].annotations
    assert [one.to_dict() for one in added] == [one.to_dict() for one in cited]
    assert kinds.index("response.output_text.annotation.added") < kinds.index("response.output_text.done")
    assert last.response.glaswerk["grounded"]["claims"][0]["mark"] == "supported"
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == last.response.output_text


@pytest.mark.parametrize("stream", [False, True])
def test_anthropics_client_reads_citations(
    grounded: Running, texts: dict[str, str], speaker: Speaker, stream: bool
) -> None:
    speaker.text = SAID
    asked: dict[str, Any] = {
        **{"model": "other/speaker", "max_tokens": 100, "extra_body": GROUND},
        "messages": [{"role": "user", "content": WHO}],
    }
    with Anthropic(base_url=grounded.url, api_key="none", max_retries=0) as client:
        if stream:
            with client.messages.stream(**asked) as events:
                found: Any = events.get_final_message()
        else:
            found = client.messages.create(**asked)
    cited = [(block, one) for block in found.content for one in block.citations or ()]
    assert cited
    for block, one in cited:
        assert texts[one.file_id][one.start_char_index : one.end_char_index] == one.cited_text
        assert one.cited_text.replace("<", "\\<") in block.text
        assert one.document_title
    assert found.content[-1].citations is None
    assert "borne out by quote 1: The bridge was built by Anna Behr." in found.content[-1].text
    assert found.glaswerk["grounded"]["quotes"]


def test_a_stream_of_messages_ends_with_its_claims(grounded: Running, speaker: Speaker) -> None:
    speaker.text = SAID
    body = {"model": "other/speaker", "max_tokens": 100, "stream": True, **PATHS["/v1/messages"], **GROUND}
    with grounded.client() as client:
        raw = client.post("/v1/messages", json=body).text
    events = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith("data: ")]
    (end,) = [event for event in events if event["type"] == "message_delta"]
    assert end["glaswerk"]["grounded"]["claims"][0]["mark"] == "supported"


def test_a_socket_answers_on_documents_and_follows_up(grounded: Running) -> None:
    url = f"ws://{grounded.url.removeprefix('http://')}/v1/responses"
    with connect(url) as socket:

        def turn(**fields: Any) -> dict[str, Any]:
            socket.send(json.dumps({"type": "response.create", "model": "chat", **GROUND, **fields}))
            while True:
                event: dict[str, Any] = json.loads(socket.recv(timeout=60))
                if event["type"] in ("response.completed", "error"):
                    return event

        first = turn(input=WHO)["response"]
        second = turn(input="And when was that?", previous_response_id=first["id"])["response"]
        refused = turn(input=WHO, store=True)["error"]
    assert BRIDGE in first["output"][0]["content"][0]["text"]
    assert "1874" in second["glaswerk"]["grounded"]["quotes"][0]["quote"]
    assert refused["param"] == "store"


def test_what_nothing_answers_is_declined_everywhere(
    post: Callable[..., dict[str, Any]], speaker: Speaker
) -> None:
    question, before = "Who is Elena Marchetti?", len(speaker.prompts)
    response = post("/v1/responses", model="other/speaker", input=question)
    message = post("/v1/messages", model="other/speaker", messages=[{"role": "user", "content": question}])
    for found in (response, message):
        assert found["glaswerk"]["grounded"]["verdict"] == "declined"
    assert message["content"][0]["text"].startswith("Nothing in your content")
    assert message["stop_reason"] == "end_turn"
    assert response["usage"]["total_tokens"] == 0
    assert len(speaker.prompts) == before


def test_a_model_that_fails_leaves_the_quotes(post: Callable[..., dict[str, Any]], speaker: Speaker) -> None:
    speaker.status = 500
    found = post("/v1/messages", model="other/speaker")
    assert BRIDGE in "".join(block["text"] for block in found["content"])
    assert "gave no answer" in found["glaswerk"]["note"]


FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}
FORM = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}


@pytest.mark.parametrize(
    ("path", "fields", "where"),
    [
        ("/v1/responses", {"tools": [FUNCTION]}, "tools"),
        ("/v1/responses", {"text": {"format": {"type": "json_object"}}}, "text.format"),
        ("/v1/responses", {"top_logprobs": 2}, "top_logprobs"),
        ("/v1/responses", {"include": ["message.output_text.logprobs"]}, "top_logprobs"),
        ("/v1/responses", {"store": True}, "store"),
        ("/v1/responses", {"background": True}, "background"),
        ("/v1/responses", {"glaswerk": {"ground": {"colour": 1}}}, "glaswerk.ground"),
        ("/v1/responses", {"glaswerk": {"ground": {"since": "May"}}}, "glaswerk.ground.since"),
        ("/v1/responses", {"glaswerk": {"colour": 1}}, "glaswerk"),
        ("/v1/completions", {"prompt": "The bridge"}, "glaswerk.ground"),
    ],
)
def test_what_cannot_be_grounded_is_refused_by_name(
    post: Callable[..., dict[str, Any]], path: str, fields: dict[str, Any], where: str
) -> None:
    assert post(path, status=400, **fields)["error"]["param"].startswith(where)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tools": [{"name": "f", "input_schema": {"type": "object"}}]}, "tools"),
        ({"output_config": {"format": FORM}}, "output_config.format"),
        ({"glaswerk": {"ground": "yes"}}, "glaswerk.ground"),
    ],
)
def test_messages_refuse_what_cannot_be_grounded(
    post: Callable[..., dict[str, Any]], fields: dict[str, Any], named: str
) -> None:
    error = post("/v1/messages", status=400, **fields)["error"]
    assert error["type"] == "invalid_request_error"
    assert named in error["message"]


def test_a_conversation_is_refused_as_it_keeps_what_may_be_forgotten(
    grounded: Running, post: Callable[..., dict[str, Any]]
) -> None:
    with grounded.client() as client:
        name = client.post("/v1/conversations", json={}).json()["id"]
    assert post("/v1/responses", status=400, conversation=name)["error"]["param"] == "conversation"


def test_a_grounded_response_is_not_kept(grounded: Running, post: Callable[..., dict[str, Any]]) -> None:
    found = post("/v1/responses")
    with grounded.client() as client:
        assert client.get(f"/v1/responses/{found['id']}").status_code == 404


def settings(lab: Lab, text: str) -> Lab:
    with (lab.root / "lab.toml").open("a") as file:
        file.write(text)
    return Lab.open(lab.root)


def test_a_lab_grounds_every_endpoint_and_a_model_or_request_says_otherwise(
    own: Lab, start: Callable[..., Running], post: Callable[..., dict[str, Any]]
) -> None:
    more = '\n[serve.ground]\non = true\n[serve.models.bare]\nmodel = "chat"\nground = false\n'
    running = start(lab=settings(own, more))
    for path in PATHS:
        assert post(path, at=running, glaswerk=None)["glaswerk"]["grounded"]["quotes"]
        assert "glaswerk" not in post(path, at=running, glaswerk={"ground": False})
        assert "glaswerk" not in post(path, at=running, glaswerk=None, model="bare")
        assert post(path, at=running, model="bare")["glaswerk"]["grounded"]["quotes"]
    asked: dict[str, Any] = {"at": running, "prompt": "The old bridge", "max_tokens": 3}
    refused = post("/v1/completions", status=400, glaswerk=None, **asked)["error"]
    assert refused["param"] == "glaswerk.ground"
    assert "/v1/chat/completions" in refused["message"]
    assert post("/v1/completions", glaswerk={"ground": False}, **asked)["choices"]
    assert post("/v1/completions", model="bare", glaswerk=None, **asked)["choices"]


def test_one_model_or_one_upstream_alone_is_grounded(
    own: Lab, start: Callable[..., Running], post: Callable[..., dict[str, Any]], speaker: Speaker
) -> None:
    speaker.text = SAID
    text = (own.root / "lab.toml").read_text()
    text = text.replace("[serve.upstreams.other]", "[serve.upstreams.other]\nground = true")
    (own.root / "lab.toml").write_text(text)
    running = start(lab=settings(own, '\n[serve.models.sure]\nmodel = "chat"\nground = true\n'))
    asked = {"messages": [{"role": "user", "content": WHO}]}
    for path, fields in {**PATHS, "/v1/chat/completions": asked}.items():
        found = [
            "glaswerk" in post(path, at=running, model=model, glaswerk=None, **fields)
            for model in ("chat", "sure", "other/speaker")
        ]
        assert found == [False, True, True]


@pytest.mark.parametrize(
    "table", ["[serve.models.chat]\nground = 1", '[serve.upstreams.two]\nurl = "http://x/v1"\nground = "no"']
)
def test_a_wrong_switch_is_an_error_in_words(own: Lab, table: str) -> None:
    lab = settings(own, f"\n{table}\n")
    with pytest.raises(GlaswerkError, match=r"ground.* to be true or false"):
        (OfferSettings.of if "models" in table else upstreams_of)(lab)


def test_limits_are_asked_before_anything_is_searched(
    copy: Lab, start: Callable[..., Running], post: Callable[..., dict[str, Any]]
) -> None:
    """There are no passages: whatever searches is answered with 404."""
    key = key_of(copy, "one", limits=KeyLimits(requests=1))
    running = start(lab=copy)
    asked: dict[str, Any] = {"at": running, "key": key}
    chat = {"messages": [{"role": "user", "content": WHO}]}
    for path, fields in {**PATHS, "/v1/chat/completions": chat}.items():
        assert "no passages" in str(post(path, status=404, **asked, **fields))
    post("/v1/completions", prompt="The", max_tokens=1, glaswerk=None, **asked)
    for path, fields in {**PATHS, "/v1/chat/completions": chat}.items():
        assert "requests a minute" in str(post(path, status=429, **asked, **fields))
        assert "found 'nobody'" in str(post(path, status=404, **asked, **{**fields, "model": "nobody"}))


def test_tokens_that_are_used_up_leave_quotes_without_a_model(
    own: Lab, start: Callable[..., Running], post: Callable[..., dict[str, Any]]
) -> None:
    key = key_of(own, "few", limits=KeyLimits(tokens=40))
    asked: dict[str, Any] = {"at": start(lab=own), "key": key}
    post("/v1/completions", prompt="The", max_tokens=38, glaswerk=None, **asked)
    post("/v1/responses", status=429, **asked)
    assert post("/v1/responses", glaswerk={"ground": {"model": False}}, **asked)["output"]


def test_only_addresses_of_the_web_are_cited_as_such(retriever_of: Callable[[Rows], Retriever]) -> None:  # noqa: F811
    text = "The red barn of {} stands on the hill, says the old map of the parish."
    rows = [
        {"id": "a", "text": text.format("Ada"), "author": "Ada", "url": "javascript:alert(1)"},
        {"id": "b", "text": text.format("Ben"), "created_at": "2024-05-06", "url": "https://example.org/b"},
        {"id": "c", "text": text.format("Eve")},
    ]
    grounds = ground(retriever_of(rows), "Where does the red barn stand?")
    assert len(grounds.quotes) == len(rows)
    answer = GroundedAnswer(Checked(grounds, strict=True), apart=False)

    async def read() -> None:
        async for _ in answer.steps():
            pass

    asyncio.run(read())
    (part,) = answer.parts
    found = [annotation(one) for one in part.cited]
    assert "javascript" not in str(found)
    assert {one["type"] for one in found} == {"file_citation", "url_citation"}
    for one, quote in zip(found, grounds.quotes, strict=True):
        if quote.hit.document.endswith("b"):
            assert one["url"] == "https://example.org/b"
        else:
            assert one["file_id"] == quote.hit.document
            assert part.text[: one["index"]].endswith(quote.hit.document)
