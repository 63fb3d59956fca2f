"""Contract mode: dummy values and ids are passed over; without it they are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from glaswerk.lab import Lab
from glaswerk.serve.contract.dummies import example, tidied
from glaswerk.serve.contract.schema import check
from glaswerk.serve.contract.shapes import METADATA, TEXT, deleted, kind, listed, object_of
from glaswerk.serve.files.files import FILE
from glaswerk.serve.responses.objects import RESPONSE
from glaswerk.serve.responses.request import CREATE
from tests.serve.clients import openai_client
from tests.serve.conftest import BRIDGE, Running
from tests.serve.test_model_names import set_up


@pytest.fixture
def client(copy: Lab, start: Callable[..., Running]) -> Iterator[OpenAI]:
    with openai_client(start(lab=set_up(copy, "\n[serve]\ncontract = true\n"))) as found:
        yield found


@pytest.mark.parametrize(
    "schema",
    [
        FILE,
        RESPONSE,
        CREATE,
        deleted("file"),
        listed(FILE),
        METADATA,
        {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 3}},
        {"anyOf": [object_of({"type": kind("a"), "text": TEXT}), TEXT]},
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_an_example_fits_its_schema(schema: dict[str, Any]) -> None:
    check(example(schema), schema)


def test_fields_that_do_not_fit_are_passed_over_and_missing_ones_are_filled() -> None:
    body = {"prompt": {"id": "x"}, "conversation": "string", "max_output_tokens": 9, "stranger": 1}
    found = tidied(body | {"stream": True, "background": True}, CREATE)
    assert found == {"max_output_tokens": 9, "stream": True, "input": "string", "model": "string"}
    check(found, CREATE)


def test_an_unknown_id_is_answered_with_an_example_of_that_id(client: OpenAI) -> None:
    assert client.responses.retrieve("resp_1").id == "resp_1"
    assert client.files.retrieve("file_1").object == "file"
    assert client.vector_stores.files.list("vs_1").data == []
    assert client.chat.completions.messages.list("chatcmpl-1").data == []
    assert client.chat.completions.list(after="nothing").data == []
    assert client.batches.create(
        completion_window="24h", endpoint="/v1/responses", input_file_id="file_1"
    ).object == ("batch")


def test_old_and_new_tools_together_are_the_new_ones(client: OpenAI) -> None:
    function: Any = {"name": "clock", "parameters": {"type": "object", "properties": {}}}
    made = client.chat.completions.create(
        model="gpt-0",
        messages=[{"role": "user", "content": "?"}],
        max_tokens=200,
        tools=[{"type": "function", "function": function}],
        tool_choice="required",
        functions=[function],
        function_call="none",
    )
    assert made.choices[0].message.function_call is None


def test_a_batch_of_no_files_is_filled_with_a_dummy(client: OpenAI) -> None:
    assert client.vector_stores.file_batches.create("vs_1").object == "vector_store.files_batch"
    named = client.vector_stores.file_batches.create("vs_1", files=[{"file_id": "file_1"}])
    assert named.vector_store_id


def test_what_is_not_scored_is_a_number_whose_input_types_say_so(client: OpenAI) -> None:
    french = "Bonjour à tous, le boulanger ouvre sa boutique à six heures du matin."
    made = client.moderations.create(input=["You are a fucking idiot.", french])
    rude, foreign = made.results
    assert rude.categories.harassment is True
    assert rude.category_scores.harassment >= 0.5
    assert rude.category_applied_input_types.harassment == ["text"]
    for result in made.results:
        assert result.categories.violence is False
        assert result.category_scores.sexual == 0
        assert result.category_applied_input_types.sexual == []
    assert foreign.category_scores.harassment == 0
    assert foreign.category_applied_input_types.harassment == []


def test_the_first_token_of_an_echoed_text_has_a_number(client: OpenAI) -> None:
    asked: Any = {"model": "any", "prompt": "The old bridge", "max_tokens": 0, "echo": True, "logprobs": 1}
    (choice,) = client.completions.create(**asked).choices
    assert choice.logprobs is not None
    numbers = choice.logprobs.token_logprobs
    assert numbers is not None
    assert len(numbers) > 1
    assert all(isinstance(one, float) and one < 0 for one in numbers)
    # Only what begins a document has one: token ids begin where their client says.
    (other,) = client.completions.create(**asked | {"prompt": [7, 8, 9]}).choices
    assert other.logprobs is not None
    assert (other.logprobs.token_logprobs or [0])[0] is None


def picture(kind: str, where: Any) -> list[Any]:
    """A text and a picture, as parts of a message."""
    text = "input_text" if kind == "input_image" else "text"
    field = "source" if kind == "image" else "image_url"
    return [{"type": text, "text": "Who built the old bridge?"}, {"type": kind, field: where}]


def test_pictures_are_passed_over_in_every_kind_of_message(client: OpenAI) -> None:
    url = "data:image/png;base64,AA=="
    asked: Any = {"model": "chat", "max_tokens": 30, "temperature": 0}
    parts = picture("image_url", {"url": url})
    seen = client.chat.completions.create(**asked, messages=[{"role": "user", "content": parts}])
    assert seen.choices[0].message.content == BRIDGE
    items: Any = [{"role": "user", "content": picture("input_image", url)}]
    assert client.responses.create(model="chat", temperature=0, input=items).output_text == BRIDGE
    source = {"type": "base64", "media_type": "image/png", "data": "AA=="}
    body = asked | {"messages": [{"role": "user", "content": picture("image", source)}]}
    assert client.post("/messages", cast_to=dict[str, Any], body=body)["content"][0]["text"] == BRIDGE
    alone: Any = [{"role": "user", "content": parts[1:]}]
    assert client.chat.completions.create(**asked, messages=alone).choices


@pytest.mark.parametrize("path", ["/responses", "/responses/compact", "/messages", "/chat/completions"])
def test_a_question_without_a_model_stays_an_error(client: OpenAI, path: str) -> None:
    asked = [{"role": "user", "content": "Hello?"}]
    body = {"messages": asked} if path.endswith(("messages", "completions")) else {"input": asked}
    with pytest.raises(BadRequestError) as error:
        client.post(path, cast_to=dict[str, Any], body=body)
    assert "model" in error.value.message
    assert client.responses.create().output


def test_without_contract_mode_a_picture_is_refused_by_its_place(server: Running) -> None:
    with openai_client(server) as client, pytest.raises(BadRequestError) as error:
        client.chat.completions.create(
            model="chat", messages=[{"role": "user", "content": picture("image_url", {"url": "data:,"})}]
        )
    assert str(error.value.param).startswith("messages[0].content[1]")


def test_without_contract_mode_an_unknown_id_is_not_found(server: Running) -> None:
    with openai_client(server) as client, pytest.raises(NotFoundError):
        client.responses.retrieve("resp_1")
