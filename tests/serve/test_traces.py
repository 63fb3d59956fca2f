"""Traces with an answer and after it: on request, bounded, and without effect on the standard fields."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.lab.answer_records import FOLDER, read_answer
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.serve.limits import Limits

from .conftest import BRIDGE, Running
from .test_chat import ask
from .test_errors import shape

QUESTION = "Who built the old bridge?"
SPAN = BRIDGE.rstrip(".")
BODY = {"model": "chat", "messages": [{"role": "user", "content": QUESTION}], "temperature": 0}


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def standard(body: dict[str, Any]) -> str:
    """The standard fields of a response, byte by byte, without those that differ in every answer."""
    return json.dumps({key: value for key, value in body.items() if key not in ("id", "created", "glaswerk")})


def chunks(text: str) -> list[dict[str, Any]]:
    return [json.loads(part[6:]) for part in text.split("\n\n") if part.startswith("data: {")]


@pytest.mark.parametrize(
    ("headers", "extra"),
    [({"x-glaswerk-trace": "true"}, {}), ({}, {"glaswerk": {"trace": True}})],
)
def test_a_requested_trace_leaves_every_standard_field_as_it_is(
    server: Running, headers: dict[str, str], extra: dict[str, Any]
) -> None:
    with server.client() as http:
        plain = http.post("/v1/chat/completions", json=BODY).json()
        traced = http.post("/v1/chat/completions", json=BODY | extra, headers=headers).json()
    assert "glaswerk" not in plain
    assert standard(traced) == standard(plain)
    assert list(traced)[:-1] == list(plain)
    (span,) = traced["glaswerk"]["trace"]["spans"]
    assert (span["text"], span["count"]) == (SPAN, 3)


@pytest.mark.parametrize(
    ("headers", "extra"),
    [
        ({"x-glaswerk-trace": "false"}, {}),
        ({}, {"glaswerk": {"trace": False}}),
        ({}, {"glaswerk": {}}),
        ({}, {"glaswerk": None}),
    ],
)
def test_no_trace_comes_unasked(server: Running, headers: dict[str, str], extra: dict[str, Any]) -> None:
    with server.client() as http:
        assert "glaswerk" not in http.post("/v1/chat/completions", json=BODY | extra, headers=headers).json()


@pytest.mark.parametrize(
    ("headers", "extra", "param"),
    [
        ({"x-glaswerk-trace": "yes"}, {}, "x-glaswerk-trace"),
        ({}, {"glaswerk": True}, "glaswerk"),
        ({}, {"glaswerk": {"trace": "yes"}}, "trace"),
        ({}, {"glaswerk": {"tracing": True}}, "glaswerk"),
    ],
)
def test_a_wrong_wish_for_a_trace_is_named(
    server: Running, headers: dict[str, str], extra: dict[str, Any], param: str
) -> None:
    with server.client() as http:
        reply = http.post("/v1/chat/completions", json=BODY | extra, headers=headers)
    assert reply.status_code == 400
    assert shape(reply.json())["param"] == param


def test_the_official_client_reads_traced_answers_whole_and_streamed(client: OpenAI) -> None:
    wish = {"x-glaswerk-trace": "true"}
    whole = client.chat.completions.create(
        model="chat", messages=ask(QUESTION), temperature=0, extra_headers=wish
    )
    assert whole.choices[0].message.content == BRIDGE
    assert whole.model_extra is not None
    stream = list(
        client.chat.completions.create(
            model="chat",
            messages=ask(QUESTION),
            temperature=0,
            stream=True,
            extra_headers=wish,
            stream_options={"include_usage": True},
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == BRIDGE
    (carrier,) = [chunk for chunk in stream if chunk.model_extra]
    assert carrier.choices == []
    assert carrier.model_extra == whole.model_extra
    # Not the details: the second prompt is in the cache.
    assert stream[-1].usage
    assert whole.usage
    assert stream[-1].usage.total_tokens == whole.usage.total_tokens


def joined(found: list[dict[str, Any]]) -> tuple[str, set[str]]:
    """The text of a stream, and its chunks without their text."""
    deltas = [chunk["choices"][0]["delta"] for chunk in found]
    text = "".join(delta.pop("content", "") for delta in deltas)
    return text, {standard(chunk) for chunk in found}


def test_in_a_stream_the_trace_is_one_event_behind_the_content_and_before_done(server: Running) -> None:
    with server.client() as http:
        plain = http.post("/v1/chat/completions", json=BODY | {"stream": True}).text
        traced = http.post(
            "/v1/chat/completions", json=BODY | {"stream": True, "glaswerk": {"trace": True}}
        ).text
    assert traced.endswith("data: [DONE]\n\n")
    found = chunks(traced)
    # Where a text is cut into pieces depends on the time; all else is the same.
    assert joined(found[:-1]) == joined(chunks(plain))
    assert found[-1]["choices"] == []
    assert found[-1]["glaswerk"]["trace"]["spans"][0]["text"] == SPAN


@pytest.mark.parametrize("stream", [False, True])
def test_every_answer_can_be_traced_afterwards_by_its_id(server: Running, stream: bool) -> None:
    with server.client() as http:
        reply = http.post("/v1/chat/completions", json=BODY | {"stream": stream})
        identifier = (chunks(reply.text)[0] if stream else reply.json())["id"]
        found = http.get(f"/v1/traces/{identifier}").json()
        traced = http.post("/v1/chat/completions", json=BODY | {"glaswerk": {"trace": True}}).json()
    assert found.pop("id") == identifier
    assert found.pop("object") == "glaswerk.trace"
    assert found == traced["glaswerk"]["trace"]
    assert found["text"] == BRIDGE


def test_unknown_and_forgotten_answers_are_not_found(start: Callable[..., Running]) -> None:
    with start(Limits(answers=2)).client() as http:
        ids = [http.post("/v1/chat/completions", json=BODY).json()["id"] for _ in range(3)]
        assert [http.get(f"/v1/traces/{identifier}").status_code for identifier in ids] == [404, 200, 200]
        error = shape(http.get("/v1/traces/chatcmpl-nothing").json())
    assert error["code"] == "answer_not_found"
    assert "last 2 answers" in error["message"]


def shown(trace: dict[str, Any]) -> list[str]:
    return [match["id"] for span in trace["spans"] for match in span["documents"]]


@pytest.mark.parametrize("stream", [False, True])
def test_the_order_of_documents_follows_what_was_said_before_the_answer(
    server: Running, stream: bool
) -> None:
    """Only p1 mentions an archive and a name; without them in the question, the shorter p2 comes first."""
    said = ["Is her name in the archive, does anybody remember?", "No.", QUESTION]
    roles = ["user", "assistant", "user"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, said, strict=True)]
    wish = {"messages": messages, "stream": stream, "glaswerk": {"trace": True}}
    with server.client() as http:
        reply = http.post("/v1/chat/completions", json=BODY | wish)
        (traced,) = (c for c in (chunks(reply.text) if stream else [reply.json()]) if "glaswerk" in c)
        afterwards = http.get(f"/v1/traces/{traced['id']}").json()
        posted = http.post("/v1/glaswerk/trace", json={"text": BRIDGE, "context": "\n".join(said)}).json()
        alone = http.post("/v1/glaswerk/trace", json={"text": BRIDGE}).json()
    assert shown(traced["glaswerk"]["trace"]) == ["p1", "p2", "d0"]
    assert shown(afterwards) == shown(posted) == ["p1", "p2", "d0"]
    assert shown(alone) == ["p2", "p1", "d0"]


def test_a_restarted_server_knows_which_documents_a_traced_answer_showed_but_no_words(
    copy: Lab, start: Callable[..., Running]
) -> None:
    with start(lab=copy).client() as http:
        untraced = http.post("/v1/chat/completions", json=BODY).json()["id"]
        traced = http.post("/v1/chat/completions", json=BODY | {"glaswerk": {"trace": True}}).json()
    Forgotten().with_more([Tombstone("id", "p1")]).write(copy.root)
    with start(lab=copy).client() as http:
        found = http.get(f"/v1/traces/{traced['id']}").json()
        assert http.get(f"/v1/traces/{untraced}").status_code == 404
    assert (found["object"], found["text"]) == ("glaswerk.trace.record", None)
    assert found["model"] == copy.need("model", "chat/step-60", hint="").id
    assert found["trace"] == copy.need("trace", "main.main", hint="").id
    assert found["documents"] == ["p2", "d0"]
    (file,) = (copy.root / FOLDER).iterdir()
    assert not {"bridge", "Bridge"} & set(file.read_text().split())
    record = read_answer(copy, traced["id"])
    assert record is not None
    assert record.documents == ("p2", "p1", "d0")


def test_a_restarted_server_traces_an_answer_again_if_the_lab_keeps_its_text(
    copy: Lab, start: Callable[..., Running]
) -> None:
    settings(copy, "text = true")
    kept = Lab.open(copy.root)
    with start(lab=kept).client() as http:
        identifier = http.post("/v1/chat/completions", json=BODY).json()["id"]
        first = http.get(f"/v1/traces/{identifier}").json()
    with start(lab=kept).client() as http:
        assert http.get(f"/v1/traces/{identifier}").json() == first
    with start(lab=kept, model="base").client() as http:  # its documents are not that answer's
        assert http.get(f"/v1/traces/{identifier}").json()["object"] == "glaswerk.trace.record"
    kept.ledger.close()


def test_no_record_is_kept_where_the_lab_wants_none(copy: Lab, start: Callable[..., Running]) -> None:
    settings(copy, "most = 0")
    with start(lab=Lab.open(copy.root)).client() as http:
        http.post("/v1/chat/completions", json=BODY | {"glaswerk": {"trace": True}})
    assert not (copy.root / FOLDER).exists()


def test_of_an_answer_that_showed_what_is_to_be_forgotten_no_words_are_given_after_a_restart(
    copy: Lab, start: Callable[..., Running]
) -> None:
    settings(copy, "text = true")
    kept = Lab.open(copy.root)
    with start(lab=kept).client() as http:
        identifier = http.post("/v1/chat/completions", json=BODY | {"glaswerk": {"trace": True}}).json()["id"]
    Forgotten().with_more([Tombstone("id", "p1")]).write(copy.root)
    for model in ("", "base"):
        with start(lab=kept, model=model).client() as http:
            found = http.get(f"/v1/traces/{identifier}").json()
        assert (found["object"], found["text"]) == ("glaswerk.trace.record", None)
        assert found["documents"] == ["p2", "d0"]
    kept.ledger.close()


def test_a_server_starts_with_no_more_records_than_the_lab_wants_now(
    copy: Lab, start: Callable[..., Running]
) -> None:
    with start(lab=copy).client() as http:
        identifier = http.post("/v1/chat/completions", json=BODY | {"glaswerk": {"trace": True}}).json()["id"]
    settings(copy, "most = 0")
    with start(lab=Lab.open(copy.root)).client() as http:
        assert http.get(f"/v1/traces/{identifier}").status_code == 404
    assert list((copy.root / FOLDER).iterdir()) == []


def test_a_damaged_record_is_written_again_and_an_unwritable_one_breaks_no_trace(
    copy: Lab, start: Callable[..., Running], capfd: pytest.CaptureFixture[str]
) -> None:
    with start(lab=copy).client() as http:
        first, second = (http.post("/v1/chat/completions", json=BODY).json()["id"] for _ in range(2))
        (copy.root / FOLDER / f"{second}.json").mkdir(parents=True)
        (copy.root / FOLDER / f"{first}.json").write_text("{")
        for identifier in (first, second):
            assert http.get(f"/v1/traces/{identifier}").json()["text"] == BRIDGE
    record = read_answer(copy, first)
    assert record is not None
    assert record.documents == ("p2", "p1", "d0")
    assert f"cannot record the answer {second}" in capfd.readouterr().err
    with start(lab=copy).client() as http:
        assert http.get(f"/v1/traces/{second}").status_code == 400


def settings(lab: Lab, line: str) -> None:
    with (lab.root / "lab.toml").open("a") as file:
        file.write(f"\n[answers]\n{line}\n")


def test_a_stream_that_its_reader_left_can_be_traced_as_far_as_it_came(server: Running) -> None:
    with server.client() as http:
        with http.stream("POST", "/v1/chat/completions", json=BODY | {"stream": True}) as reply:
            first = next(chunk for line in reply.iter_lines() for chunk in chunks(line + "\n\n"))
        http.post("/v1/chat/completions", json=BODY)  # the one before is over once this is answered
        found = http.get(f"/v1/traces/{first['id']}")
    assert found.status_code == 200
    assert BRIDGE.startswith(found.json()["text"])


def test_without_an_index_a_wish_for_a_trace_is_refused_before_the_answer(
    copy: Lab, start: Callable[..., Running]
) -> None:
    shutil.rmtree(copy.root / "traces")
    with start(lab=copy).client() as http:
        reply = http.post("/v1/chat/completions", json=BODY, headers={"x-glaswerk-trace": "true"})
        assert reply.status_code == 404
        assert shape(reply.json())["code"] == "no_trace_index"
        assert http.post("/v1/chat/completions", json=BODY).status_code == 200


def test_documents_carry_rights_offsets_copies_and_what_is_known_of_training(server: Running) -> None:
    with server.client() as http:
        found = http.post("/v1/glaswerk/trace", json={"text": BRIDGE}).json()
    (first,) = (match for match in found["spans"][0]["documents"] if match["id"] == "p1")
    assert (first["author"], first["source"], first["licence"]) == ("clara", "posts", "CC0-1.0")
    assert first["text"][first["match_start"] : first["match_end"]] == SPAN
    assert first["duplicates"] == 0
    # This network was made by hand, not by `train`: nothing is said of when it saw what.
    assert first["seen"] == []
    assert found["novelty"]["share"] == 1.0
    assert found["novelty"]["measurable"] is False


def test_what_is_to_be_forgotten_vanishes_at_once_though_the_index_holds_it(
    copy: Lab, start: Callable[..., Running]
) -> None:
    with start(lab=copy).client() as http:
        before = http.post("/v1/glaswerk/trace", json={"text": BRIDGE}).json()
        assert "p1" in {match["id"] for match in before["spans"][0]["documents"]}
        assert http.get("/v1/documents/p1").status_code == 200
        Forgotten.read(copy.root).with_more([Tombstone("id", "p1")]).write(copy.root)
        after = http.post("/v1/glaswerk/trace", json={"text": BRIDGE}).text
        reply = http.get("/v1/documents/p1")
    assert '"p1"' not in after
    assert "clara" not in after
    assert reply.status_code == 404
    assert "Looked" not in reply.text


def test_a_span_that_only_a_forgotten_document_holds_is_no_span_any_more(
    copy: Lab, start: Callable[..., Running]
) -> None:
    Forgotten().with_more([Tombstone("id", "p4")]).write(copy.root)
    with start(lab=copy).client() as http:
        found = http.post("/v1/glaswerk/trace", json={"text": "A post about nothing in particular."}).json()
    assert found["spans"] == []


def test_a_whole_document_comes_with_its_text_and_rights(server: Running) -> None:
    with server.client() as http:
        found = http.get("/v1/documents/p1").json()
        dialogue = http.get("/v1/documents/d0").json()
    assert found["text"].startswith("<b>Looked</b> it up")
    assert (found["licence"], found["url"]) == ("CC0-1.0", "https://example.org/p1")
    assert dialogue["text"] == f"user: {QUESTION}\n\nassistant: {BRIDGE}"


@pytest.mark.parametrize("identifier", ["none", "a/b%2Fc%23d", "x:1", "%00", "x" * 300])
def test_an_unknown_document_is_not_found(server: Running, identifier: str) -> None:
    with server.client() as http:
        reply = http.get(f"/v1/documents/{identifier}")
    assert reply.status_code == 404
    assert shape(reply.json())["code"] == "document_not_found"
