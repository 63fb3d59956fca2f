"""The tool `file_search` of the Responses API: the server searches, the answer cites what bears it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from openai.types.responses import Response

from glaswerk.lab import Lab
from glaswerk.retrieve import build
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import BAKERY, BRIDGE, Running

ASKED = "Who built the old bridge?"
_BRIDGES = f"The Lind is a small river. {BRIDGE} Nobody remembers her name."
_TOOL = "file_search"


@pytest.fixture
def client(server: Running) -> Iterator[OpenAI]:
    with openai_client(server) as found:
        yield found


def _store(client: OpenAI, **texts: str) -> str:
    """A vector store of small files, each with its name as the attribute `about`."""
    home = client.vector_stores.create(name="town").id
    for name, text in texts.items():
        file = client.files.create(file=(f"{name}.txt", text.encode()), purpose="assistants").id
        client.vector_stores.files.create(home, file_id=file, attributes={"about": name})
    return home


def _ask(client: OpenAI, *stores: str, question: Any = ASKED, tool: Any = None, **fields: Any) -> Response:
    found: Any = {"type": _TOOL, "vector_store_ids": list(stores), **(tool or {})}
    asked: dict[str, Any] = {"model": "chat", "input": question, "temperature": 0, "tools": [found]}
    answer: Response = client.responses.create(**(asked | fields))
    return answer


def test_the_server_searches_and_says_what_it_searched_for(client: OpenAI) -> None:
    home = _store(client, bridge=_BRIDGES, bakery=BAKERY)
    made = _ask(client, home, include=["file_search_call.results"])
    call, message = made.output
    assert call.type == "file_search_call"
    assert (call.status, call.queries) == ("completed", [ASKED])
    assert call.results is not None
    (result,) = call.results
    assert (result.filename, result.text, result.attributes) == (
        "bridge.txt",
        _BRIDGES,
        {"about": "bridge"},
    )
    assert result.score is not None
    assert 0 < result.score < 1
    assert message.type == "message"
    assert made.tools[0].type == _TOOL
    assert client.responses.retrieve(made.id).output == made.output


def test_results_are_shown_only_where_they_are_asked_for(client: OpenAI) -> None:
    made = _ask(client, _store(client, bridge=_BRIDGES))
    assert made.output[0].type == "file_search_call"
    assert made.output[0].results is None


def test_the_passages_are_before_the_model(client: OpenAI) -> None:
    home = _store(client, bridge=_BRIDGES * 3)
    with_passages = _ask(client, home, max_output_tokens=1).usage
    without = client.responses.create(model="chat", input=ASKED, max_output_tokens=1).usage
    assert with_passages is not None
    assert without is not None
    assert with_passages.input_tokens > without.input_tokens + 100


def test_a_continued_conversation_is_searched_for_what_its_pronouns_mean(client: OpenAI) -> None:
    home = _store(client, bridge=_BRIDGES, bakery=BAKERY)
    first = _ask(client, home, max_output_tokens=4)
    second = _ask(client, home, question="When was it?", previous_response_id=first.id, max_output_tokens=4)
    call = second.output[0]
    assert call.type == "file_search_call"
    assert "bridge" in call.queries[0]
    items: list[Any] = [*(item.to_dict() for item in first.output), {"role": "user", "content": "And then?"}]
    sent = _ask(client, home, question=items, store=False, max_output_tokens=4)
    assert sent.output[0].type == "file_search_call"


@pytest.mark.parametrize(
    ("tool", "names"),
    [
        ({}, ["bridge.txt", "mill.txt"]),
        ({"max_num_results": 1}, ["bridge.txt"]),
        ({"filters": {"type": "eq", "key": "about", "value": "mill"}}, ["mill.txt"]),
        ({"ranking_options": {"score_threshold": 0.99}}, []),
        ({"ranking_options": {"ranker": "auto", "score_threshold": 0.0}}, ["bridge.txt", "mill.txt"]),
    ],
)
def test_filters_numbers_and_scores_are_kept(client: OpenAI, tool: Any, names: list[str]) -> None:
    home = _store(client, bridge=BRIDGE, mill="The mill is by the bridge.", bakery=BAKERY)
    made = _ask(client, home, tool=tool, include=[RESULTS], max_output_tokens=2)
    assert [one.filename for one in made.output[0].results] == names  # type: ignore[union-attr]


RESULTS = "file_search_call.results"
_CLOCK = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(
    ("choice", "searched"),
    [
        ("auto", True),
        ("required", True),
        ("none", False),
        ({"type": _TOOL}, True),
        ({"type": "function", "name": "clock"}, False),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": _TOOL}]}, True),
        (
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "clock"}]},
            False,
        ),
    ],
)
def test_the_choice_of_tools_says_whether_files_are_searched(
    client: OpenAI, choice: Any, searched: bool
) -> None:
    home = _store(client, bridge=BRIDGE)
    tools = [{"type": _TOOL, "vector_store_ids": [home]}, _CLOCK]
    made = _ask(client, tools=tools, tool_choice=choice, max_output_tokens=200)
    kinds = [item.type for item in made.output]
    assert ("file_search_call" in kinds) == searched
    assert ("function_call" in kinds) == (choice == {"type": "function", "name": "clock"})


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([{"type": _TOOL, "vector_store_ids": []}], "tools[0].vector_store_ids"),
        ([{"type": _TOOL}], "tools[0].vector_store_ids"),
        ([{"type": _TOOL, "vector_store_ids": ["a"], "max_num_results": 51}], "tools[0].max_num_results"),
        ([{"type": _TOOL, "vector_store_ids": ["a"]}] * 2, "tools"),
        ([{"type": "web_search"}], "tools[0].type"),
    ],
)
def test_a_tool_that_cannot_be_is_refused_by_its_place(client: OpenAI, tools: Any, param: str) -> None:
    with pytest.raises(BadRequestError) as error:
        _ask(client, tools=tools)
    assert error.value.param == param


def test_a_choice_of_a_search_that_is_not_offered_is_refused(client: OpenAI) -> None:
    with pytest.raises(BadRequestError) as error:
        _ask(client, tools=[_CLOCK], tool_choice={"type": _TOOL})
    assert error.value.param == "tool_choice"


def test_a_store_of_nobody_is_not_found_before_anything_is_written(client: OpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(NotFoundError) as error:
            _ask(client, "vs_nobody", stream=stream)
        assert error.value.code == "vector_store_not_found"


def test_of_passages_as_many_are_read_as_the_context_has_room_for(client: OpenAI) -> None:
    texts = {f"n{i}": f"The bridge number {i} {'stands by the old mill ' * 60}." for i in range(50)}
    made = _ask(
        client,
        _store(client, **texts),
        tool={"max_num_results": 50},
        include=[RESULTS],
        max_output_tokens=2,
    )
    assert len(made.output[0].results) == 50  # type: ignore[union-attr,arg-type]
    assert made.usage is not None
    assert made.usage.input_tokens < 6144


def test_another_projects_store_is_not_searched(start: Callable[..., Running], copy: Lab) -> None:
    ours, theirs = key_of(copy, "ours"), key_of(copy, "theirs")
    running = start(lab=copy)
    with openai_client(running, ours) as own, openai_client(running, theirs) as other:
        home = _store(own, bridge=BRIDGE)
        with pytest.raises(NotFoundError):
            _ask(other, home)
        assert _ask(own, home, max_output_tokens=2).output[0].type == "file_search_call"


def test_the_labs_own_corpus_is_searched_under_its_fixed_id(start: Callable[..., Running], copy: Lab) -> None:
    build(copy, copy.need("corpus", "main", hint=""))
    with openai_client(start(lab=copy)) as client:
        made = _ask(client, "vs_lab", _store(client, mill="No bridge."), include=[RESULTS])
        found = made.output[0].results  # type: ignore[union-attr]
        assert BRIDGE in found[0].text  # type: ignore[index,operator]
        assert {one.filename for one in found} >= {"mill.txt"}  # type: ignore[union-attr]
        # Documents may be forgotten while an answer is kept.
        assert client.responses.retrieve(made.id).output[0].results is None  # type: ignore[union-attr]
        with pytest.raises(BadRequestError) as error:
            _ask(client, "vs_lab", extra_body={"glaswerk": {"ground": True}})
        assert error.value.param == "tools"
