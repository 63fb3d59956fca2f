"""The Responses API, through OpenAI's own client over a real server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from glaswerk.lab import Lab
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BAKERY, BRIDGE, ENDLESS, Running, wait_until

ASKED = "Who built the old bridge?"


@pytest.fixture
def client(server: Running) -> OpenAI:  # type: ignore[misc]
    with openai_client(server) as found:
        yield found


def test_a_text_is_answered_and_the_answer_is_stored(client: OpenAI) -> None:
    made = client.responses.create(model="chat", input=ASKED, temperature=0, metadata={"town": "Lind"})
    assert made.output_text == BRIDGE
    assert (made.status, made.object, made.error, made.model) == ("completed", "response", None, "chat")
    assert made.usage is not None
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens > 0
    found = client.responses.retrieve(made.id)
    assert found.output_text == BRIDGE
    assert found.metadata == {"town": "Lind"}
    assert [item.content[0].text for item in client.responses.input_items.list(made.id)] == [ASKED]  # type: ignore[union-attr]
    client.responses.delete(made.id)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(made.id)


def test_a_stream_has_every_event_in_order_and_its_deltas_are_the_text(client: OpenAI) -> None:
    events = list(client.responses.create(model="chat", input=ASKED, temperature=0, stream=True))
    names = [event.type.removeprefix("response.") for event in events]
    assert names[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert names[-4:] == ["output_text.done", "content_part.done", "output_item.done", "completed"]
    assert set(names[4:-4]) == {"output_text.delta"}
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == BRIDGE
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == BRIDGE
    assert client.responses.retrieve(last.response.id).output_text == BRIDGE


def test_the_helper_that_assembles_a_stream_ends_with_the_whole_response(client: OpenAI) -> None:
    with client.responses.stream(model="chat", input=ASKED, temperature=0) as stream:
        for _ in stream:
            pass
        assert stream.get_final_response().output_text == BRIDGE


def test_an_answer_that_ran_into_its_limit_is_incomplete(client: OpenAI) -> None:
    made = client.responses.create(model="chat", input=ENDLESS, max_output_tokens=5)
    assert made.status == "incomplete"
    assert made.incomplete_details is not None
    assert made.incomplete_details.reason == "max_output_tokens"
    assert made.usage is not None
    assert made.usage.output_tokens == 5
    streamed = list(client.responses.create(model="chat", input=ENDLESS, max_output_tokens=5, stream=True))
    assert streamed[-1].type == "response.incomplete"


def test_items_of_every_role_and_kind_are_read(client: OpenAI) -> None:
    items = [
        {"role": "developer", "content": "Be kind."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi.", "annotations": []}]},
        {"role": "user", "content": ASKED},
    ]
    made = client.responses.create(model="chat", input=items, instructions="Speak.", max_output_tokens=3)  # type: ignore[arg-type]
    listed = client.responses.input_items.list(made.id, order="asc").data
    assert [item.type for item in listed] == ["message", "message", "reasoning", "message", "message"]
    assert len({item.id for item in listed}) == 5
    pages = client.responses.input_items.list(made.id, limit=2, order="asc")
    assert pages.has_more
    assert [item.id for item in pages] == [item.id for item in listed]


def test_a_response_continues_another_without_its_instructions(client: OpenAI) -> None:
    first = client.responses.create(model="chat", input=ASKED, instructions="Shout.", temperature=0)
    alone = client.responses.input_tokens.count(model="chat", input="And then?")
    after = client.responses.input_tokens.count(
        model="chat", input="And then?", previous_response_id=first.id
    )
    again = client.responses.input_tokens.count(
        model="chat",
        input=[
            {"role": "user", "content": ASKED},
            {"role": "assistant", "content": BRIDGE},
            {"role": "user", "content": "And then?"},
        ],
    )
    assert alone.input_tokens < after.input_tokens == again.input_tokens
    second = client.responses.create(model="chat", input="And then?", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.usage is not None
    assert second.usage.input_tokens == after.input_tokens


def test_what_is_not_stored_cannot_be_fetched_or_continued(client: OpenAI) -> None:
    made = client.responses.create(model="chat", input=ASKED, store=False, max_output_tokens=2)
    assert made.store is False
    for ask in (
        lambda: client.responses.retrieve(made.id),
        lambda: client.responses.create(model="chat", input="And?", previous_response_id=made.id),
    ):
        with pytest.raises(NotFoundError) as caught:
            ask()
        assert caught.value.code == "response_not_found"


def test_log_probabilities_come_when_they_are_included(client: OpenAI) -> None:
    made = client.responses.create(
        model="chat", input=ASKED, temperature=0, include=["message.output_text.logprobs"], top_logprobs=2
    )
    found = made.output[0].content[0].logprobs  # type: ignore[union-attr]
    assert "".join(one.token for one in found).startswith(BRIDGE[:20])
    assert all(len(one.top_logprobs) == 2 and one.logprob <= 0 for one in found)
    events = client.responses.create(
        model="chat", input=ASKED, include=["message.output_text.logprobs"], stream=True, max_output_tokens=4
    )
    deltas = [event for event in events if event.type == "response.output_text.delta"]
    assert sum(len(event.logprobs) for event in deltas) == 4


def test_an_answer_in_the_background_is_fetched_later_and_can_be_stopped(client: OpenAI) -> None:
    quick = client.responses.create(model="chat", input=ASKED, temperature=0, background=True)
    assert quick.status == "in_progress"
    wait_until(lambda: client.responses.retrieve(quick.id).status == "completed")
    assert client.responses.retrieve(quick.id).output_text == BRIDGE
    long = client.responses.create(model="chat", input=ENDLESS, max_output_tokens=5000, background=True)
    assert client.responses.cancel(long.id).status == "cancelled"
    assert client.responses.retrieve(long.id).status == "cancelled"
    gone = client.responses.create(model="chat", input=ENDLESS, max_output_tokens=5000, background=True)
    client.responses.delete(gone.id)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(gone.id)
    whole = client.responses.create(model="chat", input=ASKED, max_output_tokens=2)
    with pytest.raises(BadRequestError, match="background"):
        client.responses.cancel(whole.id)


def test_a_compacted_history_is_continued(client: OpenAI) -> None:
    turns = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": BRIDGE},
    ]
    compacted = client.responses.compact(model="chat", input=turns)  # type: ignore[arg-type]
    assert compacted.object == "response.compaction"
    item = compacted.output[0].model_dump(exclude_none=True)
    count = client.responses.input_tokens.count
    again = count(model="chat", input=[item, {"role": "user", "content": "And?"}])
    whole = count(model="chat", input=[*turns, {"role": "user", "content": "And?"}])  # type: ignore[list-item]
    assert again.input_tokens == whole.input_tokens
    many = [{"role": "user", "content": f"{i}: {ASKED} {'and ' * 300}"} for i in range(200)]
    shorter = client.responses.compact(model="chat", input=many)  # type: ignore[arg-type]
    assert 0 < shorter.usage.input_tokens <= 6144 // 2
    with pytest.raises(BadRequestError, match="compaction item"):
        client.responses.create(model="chat", input=[item | {"encrypted_content": "gAAAA"}])


def test_a_history_that_is_too_long_is_refused_or_shortened_on_request(client: OpenAI) -> None:
    many = [{"role": "user", "content": f"{i}: {ASKED} {'and ' * 300}"} for i in range(200)]
    with pytest.raises(BadRequestError) as caught:
        client.responses.create(model="chat", input=many, max_output_tokens=1)  # type: ignore[arg-type]
    assert caught.value.code == "context_length_exceeded"
    made = client.responses.create(model="chat", input=many, max_output_tokens=1, truncation="auto")  # type: ignore[arg-type]
    assert made.usage is not None
    assert 0 < made.usage.input_tokens < 6144


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": None}, "input"),
        (
            {"input": [{"type": "custom_tool_call", "name": "f", "input": "{}", "call_id": "c"}]},
            "input[0].type",
        ),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]}, None),
        ({"input": [{"role": "king", "content": "Hello."}]}, "input[0].role"),
        ({"input": "Hello.", "temperatures": 1}, "temperatures"),
        ({"input": "Hello.", "temperature": 3}, "temperature"),
        ({"input": "Hello.", "max_output_tokens": 0}, "max_output_tokens"),
        ({"input": "Hello.", "top_p": 0}, "top_p"),
        ({"input": "Hello.", "store": "yes"}, "store"),
        ({"input": "Hello.", "metadata": {"a": 1}}, "metadata.a"),
        ({"input": "Hello.", "metadata": {str(i): "" for i in range(17)}}, "metadata"),
        ({"input": "Hello.", "tools": [{"type": "web_search"}]}, None),
        ({"input": "Hello.", "text": {"format": {"type": "grammar", "name": "a"}}}, "text.format.type"),
        ({"input": "Hello.", "reasoning": {"effort": "high"}}, "reasoning.effort"),
        ({"input": "Hello.", "prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"input": "Hello.", "background": True, "store": False}, "background"),
        ({"input": "Hello.", "conversation": "conv_1", "previous_response_id": "resp_1"}, "conversation"),
    ],
)
def test_a_field_that_cannot_be_obeyed_is_refused_by_name(
    server: Running, fields: dict[str, object], param: str | None
) -> None:
    with server.client() as http:
        reply = http.post("/v1/responses", json={"model": "chat"} | fields)
    error = reply.json()["error"]
    assert reply.status_code == 400
    assert param is None or error["param"] == param
    assert param is None or param in error["message"]


def test_another_projects_response_and_conversation_do_not_exist(
    start: Callable[..., Running], copy: Lab
) -> None:
    ours, theirs = key_of(copy, "ours"), key_of(copy, "theirs")
    running = start(lab=copy)
    with openai_client(running, ours) as own, openai_client(running, theirs) as other:
        made = own.responses.create(model="chat", input=ASKED, max_output_tokens=2)
        talk = own.conversations.create(items=[{"role": "user", "content": "Hello."}])
        asks: list[Callable[[], object]] = [
            lambda: other.responses.retrieve(made.id),
            lambda: other.responses.delete(made.id),
            lambda: other.responses.cancel(made.id),
            lambda: other.responses.input_items.list(made.id),
            lambda: other.responses.create(model="chat", input="And?", previous_response_id=made.id),
            lambda: other.responses.create(model="chat", input="And?", conversation=talk.id),
            lambda: other.responses.compact(model="chat", input="And?", previous_response_id=made.id),
            lambda: other.conversations.retrieve(talk.id),
            lambda: other.conversations.update(talk.id, metadata={}),
            lambda: other.conversations.delete(talk.id),
            lambda: other.conversations.items.list(talk.id),
            lambda: other.conversations.items.create(talk.id, items=[{"role": "user", "content": "Hello."}]),
        ]
        for ask in asks:
            with pytest.raises(NotFoundError):
                ask()
        assert own.responses.retrieve(made.id).id == made.id
        assert len(own.conversations.items.list(talk.id).data) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "chat", "input": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"model": "chat", "input": "a", "metadata": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        b'{"model": "chat", "input": "\\ud800"}',
        b'{"model": "chat", "input": "a", "metadata": {"\\udfff": "b"}}',
        b'{"model": "chat", "input": "a", "temperature": NaN}',
        b'{"model": "chat", "input": "a", "temperature": 1e999}',
        b'{"model": "chat", "input": "a", "max_output_tokens": ' + b"9" * 4000 + b"}",
        b'{"model": "chat", "input": "\xff\xfe"}',
        b'{"model": "chat", "input": [{"type": "message", "role": "user", "content": [[]]}]}',
        b"[]",
        b"",
    ],
)
def test_a_hostile_body_is_answered_with_words(server: Running, body: bytes) -> None:
    with server.client() as http:
        reply = http.post("/v1/responses", content=body, headers={"content-type": "application/json"})
        assert reply.status_code == 400
        assert reply.json()["error"]["message"]
        assert http.get("/health").status_code == 200


def test_an_announced_body_of_ten_gigabytes_is_refused(server: Running) -> None:
    with server.client() as http:
        reply = http.post("/v1/responses", content=b"x" * 3_000_000)
        assert reply.status_code == 413


def test_ids_that_are_paths_or_half_characters_are_not_found(server: Running) -> None:
    with server.client() as http:
        for name in ("..%2F..%2Fetc%2Fpasswd", "resp_1%00", "%ff%fe", "a" * 5000, "'; DROP TABLE thing; --"):
            assert http.get(f"/v1/responses/{name}").status_code == 404


@pytest.mark.parametrize("query", [{"limit": "many"}, {"limit": "0"}, {"limit": "9" * 99}, {"order": "up"}])
def test_a_wrong_query_parameter_is_refused_by_name(server: Running, query: dict[str, str]) -> None:
    with server.client() as http:
        page = http.get("/v1/responses/resp_x/input_items", params=query)
    assert page.status_code == 400
    assert page.json()["error"]["param"] in query


def test_the_bakery_is_asked_in_a_conversation(client: OpenAI) -> None:
    talk = client.conversations.create(metadata={"about": "bread"})
    client.responses.create(
        model="chat", input="When does the bakery open?", conversation=talk.id, temperature=0
    )
    items = client.conversations.items.list(talk.id, order="asc").data
    assert [item.role for item in items] == ["user", "assistant"]  # type: ignore[union-attr]
    assert items[1].content[0].text == BAKERY  # type: ignore[union-attr]
    streamed = list(
        client.responses.create(model="chat", input=ASKED, conversation={"id": talk.id}, stream=True)
    )
    assert streamed[-1].type in ("response.completed", "response.incomplete")
    assert len(client.conversations.items.list(talk.id).data) == 4
    one = client.conversations.items.retrieve(items[0].id, conversation_id=talk.id)
    assert one.id == items[0].id
    client.conversations.items.delete(items[0].id, conversation_id=talk.id)
    assert len(client.conversations.items.list(talk.id).data) == 3
    assert client.conversations.update(talk.id, metadata={"about": "rolls"}).metadata == {"about": "rolls"}
    assert client.conversations.delete(talk.id).deleted
    with pytest.raises(NotFoundError):
        client.conversations.items.list(talk.id)
