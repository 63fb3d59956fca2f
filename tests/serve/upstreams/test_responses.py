"""The Responses API over models of other servers, through OpenAI's own client: whole, streamed, continued."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from tests.serve.clients import key_of, openai_client, totals_of
from tests.serve.conftest import BRIDGE, Running, run_app, wait_until
from tests.serve.upstreams.scripted import BAD, Scripted

ASKED = "Who built the old bridge?"
TOOLS: Any = [
    {
        "type": "function",
        "name": name,
        "description": "Finds it.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
        "strict": name == "find",
    }
    for name in ("find", "look")
]
SCHEMA = {"type": "object", "properties": {"year": {"type": "integer"}}, "additionalProperties": False}


@pytest.fixture
def client(gateway: Running) -> Iterator[OpenAI]:
    with openai_client(gateway) as found:
        yield found


def test_a_text_is_answered_stored_and_traced(client: OpenAI, gateway: Running, scripted: Scripted) -> None:
    made = client.responses.create(
        model="other/good", input=ASKED, instructions="Be brief.", temperature=0.5, max_output_tokens=99
    )
    assert (made.output_text, made.status, made.model) == (BRIDGE, "completed", "other/good")
    assert (made.temperature, made.top_p) == (0.5, 1.0)
    assert made.usage is not None
    assert (made.usage.input_tokens, made.usage.output_tokens) == (11, 5)
    assert made.usage.input_tokens_details.cached_tokens == 4
    sent = scripted.bodies[-1]
    roles = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}]
    assert (sent["model"], sent["messages"]) == ("good", roles)
    assert (sent["temperature"], sent["max_tokens"]) == (0.5, 99)
    assert not {"top_p", "tools", "response_format", "store", "input", "metadata"} & sent.keys()
    assert client.responses.retrieve(made.id).output_text == BRIDGE
    with gateway.client() as http:
        spans = http.get(f"/v1/traces/{made.id}").json()["spans"]
    assert any("built in 1874" in span["text"] for span in spans)


def test_a_stream_has_the_events_of_our_own_models(client: OpenAI) -> None:
    def names(model: str) -> list[str]:
        events = list(client.responses.create(model=model, input=ASKED, stream=True, temperature=0))
        assert [event.sequence_number for event in events] == list(range(len(events)))
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        assert "".join(deltas) == BRIDGE
        found = [event.type for event in events]
        return [name for i, name in enumerate(found) if i == 0 or name != found[i - 1]]

    assert names("other/good") == names("chat")


def test_a_response_of_one_server_is_continued_at_another_and_here(
    client: OpenAI, scripted: Scripted
) -> None:
    first = client.responses.create(model="other/good", input=ASKED)
    second = client.responses.create(model="other/parts", input="Really?", previous_response_id=first.id)
    assert second.output_text == BRIDGE
    said = [message["content"] for message in scripted.bodies[-1]["messages"]]
    assert said == [ASKED, BRIDGE, "Really?"]
    third = client.responses.create(
        model="chat", input="Why?", previous_response_id=second.id, max_output_tokens=2
    )
    assert third.previous_response_id == second.id


def test_a_conversation_keeps_what_was_said_there(client: OpenAI, scripted: Scripted) -> None:
    talk = client.conversations.create()
    client.responses.create(model="other/good", input=ASKED, conversation=talk.id)
    client.responses.create(model="other/good", input="Really?", conversation=talk.id)
    said = [message["content"] for message in scripted.bodies[-1]["messages"]]
    assert said == [ASKED, BRIDGE, "Really?"]
    assert len(client.conversations.items.list(talk.id).data) == 4


@pytest.mark.parametrize("model", ["caller", "whole calls"])
def test_calls_come_back_and_their_results_go_there(client: OpenAI, scripted: Scripted, model: str) -> None:
    made = client.responses.create(model=f"other/{model}", input=ASKED, tools=TOOLS, tool_choice="required")
    find, look = made.output
    assert (find.type, look.type) == ("function_call", "function_call")
    assert (find.name, find.arguments) == ("find", '{"word": "bridge"}')  # type: ignore[union-attr]
    assert (look.name, look.arguments) == ("look", "{}")  # type: ignore[union-attr]
    sent = scripted.bodies[-1]
    assert (sent["tool_choice"], len(sent["tools"])) == ("required", 2)
    assert [tool["function"].get("strict") for tool in sent["tools"]] == [True, None]
    results: Any = [
        {"type": "function_call_output", "call_id": one.call_id, "output": "1874"}  # type: ignore[union-attr]
        for one in made.output
    ]
    client.responses.create(model="other/good", input=results, previous_response_id=made.id)
    asked, calls, *answers = scripted.bodies[-1]["messages"]
    assert asked["content"] == ASKED
    assert calls["content"] is None
    assert calls["tool_calls"][0]["function"] == {"name": "find", "arguments": '{"word": "bridge"}'}
    assert [answer["tool_call_id"] for answer in answers] == [one["id"] for one in calls["tool_calls"]]
    assert {answer["role"] for answer in answers} == {"tool"}


def test_a_streamed_call_has_our_events_and_its_deltas_are_its_arguments(client: OpenAI) -> None:
    events: list[Any] = list(
        client.responses.create(model="other/caller", input=ASKED, tools=TOOLS, stream=True)
    )
    deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
    done = [e.arguments for e in events if e.type == "response.function_call_arguments.done"]
    assert done == ['{"word": "bridge"}', "{}"]
    assert "".join(deltas) == "".join(done)
    assert [item.status for item in events[-1].response.output] == ["completed", "completed"]


def test_tools_that_may_not_be_called_and_a_single_one_are_said_so_there(
    client: OpenAI, scripted: Scripted
) -> None:
    client.responses.create(model="other/good", input=ASKED, tools=TOOLS, tool_choice="none")
    assert "tools" not in scripted.bodies[-1]
    named: Any = {"type": "function", "name": "look"}
    client.responses.create(
        model="other/caller", input=ASKED, tools=TOOLS, tool_choice=named, parallel_tool_calls=False
    )
    sent = scripted.bodies[-1]
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["look"]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)


def test_a_form_is_passed_on_as_chat_completions_have_it(client: OpenAI, scripted: Scripted) -> None:
    form: Any = {"format": {"type": "json_schema", "name": "when", "schema": SCHEMA, "strict": True}}
    client.responses.create(model="other/good", input=ASKED, text=form)
    found = {"type": "json_schema", "json_schema": {"name": "when", "schema": SCHEMA, "strict": True}}
    assert scripted.bodies[-1]["response_format"] == found
    client.responses.create(model="other/good", input=ASKED, text={"format": {"type": "json_object"}})
    assert scripted.bodies[-1]["response_format"] == {"type": "json_object"}


def test_thoughts_log_probabilities_and_ends_are_those_of_the_upstream(
    client: OpenAI, scripted: Scripted
) -> None:
    thoughts, said = client.responses.create(model="other/thinks", input=ASKED).output
    assert thoughts.content[0].text == "Hm. Yes."  # type: ignore[union-attr,index]
    assert said.content[0].text == BRIDGE  # type: ignore[union-attr,index]
    cut = client.responses.create(model="other/cut", input=ASKED)
    filtered = client.responses.create(model="other/filtered", input=ASKED)
    for made, reason in ((cut, "max_output_tokens"), (filtered, "content_filter")):
        assert made.status == "incomplete"
        assert made.incomplete_details is not None
        assert made.incomplete_details.reason == reason
    probable = client.responses.create(model="other/probable", input=ASKED, top_logprobs=3)
    assert scripted.bodies[-1]["top_logprobs"] == 3
    found = probable.output[0].content[0].logprobs[0]  # type: ignore[union-attr,index]
    assert (found.token, found.logprob) == ("A", -0.5)
    assert client.responses.create(model="other/nothing", input=ASKED).output_text == ""
    assert client.responses.create(model="other/several", input=ASKED).output_text == BRIDGE


def test_how_hard_to_think_is_passed_on_and_refused_where_nobody_thinks(
    client: OpenAI, scripted: Scripted
) -> None:
    made = client.responses.create(model="other/thinks", input=ASKED, reasoning={"effort": "high"})
    assert made.reasoning is not None
    assert (scripted.bodies[-1]["reasoning_effort"], made.reasoning.effort) == ("high", "high")
    client.responses.create(model="other/thinks", input=ASKED)
    assert "reasoning_effort" not in scripted.bodies[-1]
    with pytest.raises(openai.BadRequestError, match=r"reasoning\.effort"):
        client.responses.create(model="chat", input=ASKED, reasoning={"effort": "high"})


def test_halves_of_a_character_are_joined_and_a_lone_one_is_replaced(client: OpenAI) -> None:
    assert client.responses.create(model="other/halves", input=ASKED).output_text == "🥐 and \ufffd"
    chunks: Any = client.responses.create(model="other/halves", input=ASKED, stream=True)
    assert "".join(e.delta for e in chunks if e.type == "response.output_text.delta") == "🥐 and \ufffd"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("model", "status"), [("busy", 429), ("refusing", 400), ("failing", 502), ("closed", 502)]
)
def test_what_an_upstream_refuses_is_a_status_in_a_stream_too(
    client: OpenAI, model: str, status: int, streamed: bool
) -> None:
    for ask in (
        lambda: client.responses.create(model=f"other/{model}", input=ASKED, stream=streamed),
        lambda: client.chat.completions.create(
            model=f"other/{model}", messages=[{"role": "user", "content": ASKED}], stream=streamed
        ),
    ):
        with pytest.raises(openai.APIStatusError) as found:
            ask()
        assert found.value.status_code == status
        assert "\x1b" not in found.value.message
        if status == 429:
            assert found.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("model", [*BAD, "huge"])
def test_a_stream_that_goes_wrong_fails_in_words_whole_and_streamed(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.InternalServerError) as found:
        client.responses.create(model=f"other/{model}", input=ASKED)
    assert found.value.status_code == 502
    assert "upstream other" in found.value.message
    last: Any = list(client.responses.create(model=f"other/{model}", input=ASKED, stream=True))[-1]
    assert last.type == "response.failed"
    assert "upstream other" in last.response.error.message
    assert "\x1b" not in last.response.error.message


def test_a_client_that_leaves_ends_the_stream_of_the_upstream(client: OpenAI, scripted: Scripted) -> None:
    stream = client.responses.create(model="other/endless", input=ASKED, stream=True)
    next(iter(stream))
    stream.close()
    assert scripted.left.wait(20)


def test_an_answer_in_the_background_is_fetched_later_and_can_be_stopped(
    client: OpenAI, scripted: Scripted
) -> None:
    made = client.responses.create(model="other/good", input=ASKED, background=True)
    wait_until(lambda: client.responses.retrieve(made.id).status == "completed")
    assert client.responses.retrieve(made.id).output_text == BRIDGE
    endless = client.responses.create(model="other/endless", input=ASKED, background=True)
    assert client.responses.cancel(endless.id).status == "cancelled"
    assert scripted.left.wait(20)
    failing = client.responses.create(model="other/failing", input=ASKED, background=True)
    wait_until(lambda: client.responses.retrieve(failing.id).status == "failed")


def test_tokens_are_an_estimate_that_says_so_and_no_history_is_fitted(client: OpenAI) -> None:
    counted: Any = client.responses.input_tokens.count(model="other/good", input=ASKED * 10)
    assert counted.input_tokens > 50
    assert counted.glaswerk == {"estimated": True}
    assert not hasattr(client.responses.input_tokens.count(model="chat", input=ASKED), "glaswerk")
    with pytest.raises(openai.BadRequestError, match="is not known here"):
        client.responses.compact(model="other/good", input=ASKED)


@pytest.mark.parametrize("model", ["other/none", "nobody/good", "other/"])
def test_a_model_that_no_server_has_is_not_found(client: OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model=model, input=ASKED)


def test_keys_limits_and_the_ledger_hold(lab: Lab) -> None:
    key = key_of(lab, "few", models=("other/good", "other/uncounted", "other/lies", "other/endless"))
    with run_app(create_app(Lab.open(lab.root))) as running, openai_client(running, key) as client:
        with pytest.raises(openai.PermissionDeniedError):
            client.responses.create(model="other/caller", input=ASKED)
        made = client.responses.create(model="other/good", input=ASKED)
        list(client.responses.create(model="other/good", input=ASKED, stream=True))
        uncounted = client.responses.create(model="other/uncounted", input=ASKED)
        client.responses.create(model="other/lies", input=ASKED)
        stream = client.responses.create(model="other/endless", input=ASKED, stream=True)
        events = iter(stream)
        for _ in range(8):
            next(events)
        stream.close()
        found = totals_of(lab)
        wait_until(lambda: "other/endless" in totals_of(lab))
        with openai_client(running, key_of(lab, "others")) as other:
            wait_until(lambda: _knows(other))
            with pytest.raises(openai.NotFoundError):
                other.responses.retrieve(made.id)
    assert (found["other/good"].prompt, found["other/good"].completion) == (22, 10)
    # What it does not count, or makes up, is estimated; and a cut answer has used some.
    assert uncounted.usage is not None
    assert found["other/uncounted"].completion == uncounted.usage.output_tokens > 10
    assert found["other/lies"].completion == found["other/uncounted"].completion
    assert totals_of(lab)["other/endless"].completion > 0


def _knows(client: OpenAI) -> bool:
    try:
        return bool(client.models.list().data)
    except openai.AuthenticationError:
        return False
