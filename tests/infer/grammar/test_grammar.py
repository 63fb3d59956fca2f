"""Whatever a model wants to write, a grammar leaves it only what fits; what cannot be compiled is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest
from open_models import write_open_model

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine
from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Emission, Job
from glaswerk.infer.engines.batcher import Batcher
from glaswerk.infer.engines.network import network_of
from glaswerk.infer.grammar import (
    Grammars,
    GrammarSource,
    choice,
    free_grammar,
    json_object,
    json_schema,
    regex,
    tool_call,
)
from glaswerk.infer.sampling import Sampling
from glaswerk.lab import Artifact
from glaswerk.tokenizer import Tokenizer

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "age": {"type": "integer", "minimum": 0, "maximum": 130},
        "height": {"type": "number", "minimum": 0, "maximum": 3},
        "tags": {"type": "array", "items": {"enum": ["a", "ü", "🦆", 3, None]}, "maxItems": 3},
        "home": {
            "type": "object",
            "properties": {"street": {"type": "string", "maxLength": 8}, "open": {"type": "boolean"}},
            "required": ["street", "open"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "age", "height", "tags", "home"],
    "additionalProperties": False,
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "nested": PERSON,
    "array": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 4},
    "enum": {"enum": ["yes", "no", 7, {"a": [1, None]}]},
    "number": {"type": "integer", "minimum": -20, "maximum": 400},
    "alternatives": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 5}]},
    "recursive": {
        "$ref": "#/$defs/tree",
        "$defs": {
            "tree": {
                "type": "object",
                "properties": {"left": {"anyOf": [{"$ref": "#/$defs/tree"}, {"type": "null"}]}},
                "required": ["left"],
                "additionalProperties": False,
            }
        },
    },
    "date": {"type": "string", "format": "date"},
    "unicode": {
        "type": "object",
        "properties": {"straße": {"const": "Änne “Brook” 🦆\n"}},
        "required": ["straße"],
        "additionalProperties": False,
    },
}


@lru_cache
def _engine(folder: Path) -> Engine:
    return Engine.load(folder)


@pytest.fixture
def engine(chat_model: Artifact) -> Engine:
    return _engine(chat_model.path)


@pytest.fixture
def grammars(engine: Engine) -> Grammars:
    return Grammars(engine.tokenizer, [engine.tokenizer.end_id, engine.tokenizer.turn_end_id])


def written(
    engine: Engine, grammars: Grammars, source: GrammarSource, *, count: int = 50, most: int = 200
) -> list[tuple[str, str | None]]:
    """Texts and finish reasons of answers at a temperature at which the model writes anything."""
    heard: list[list[Emission]] = [[] for _ in range(count)]
    jobs = [
        Job(
            [5, 6, 7],
            most,
            Sampling(1.5, seed=seed),
            ends=frozenset({engine.tokenizer.end_id, engine.tokenizer.turn_end_id}),
            grammar=grammars.matcher(source),
            listen=own.append,
        )
        for seed, own in enumerate(heard)
    ]
    Batcher(network_of(engine.model, engine.tokenizer.vocab_size, together=True)).run(jobs)
    return [(_text(engine, own), own[-1].finish) for own in heard]


def _text(engine: Engine, emissions: list[Emission]) -> str:
    ends = frozenset({engine.tokenizer.end_id, engine.tokenizer.turn_end_id})
    return AnswerText(engine.tokenizer, ends).whole(emissions)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "nested" else pytest.mark.slow) for name in SCHEMAS],
)
def test_fifty_wild_answers_are_json_of_their_schema(name: str, engine: Engine, grammars: Grammars) -> None:
    found = written(engine, grammars, json_schema(SCHEMAS[name]))
    finished = [text for text, finish in found if finish == "stop"]
    assert len(finished) > 40
    for text in finished:
        jsonschema.validate(json.loads(text), SCHEMAS[name])


@pytest.mark.slow
def test_a_json_object_is_an_object(engine: Engine, grammars: Grammars) -> None:
    finished = [text for text, finish in written(engine, grammars, json_object()) if finish == "stop"]
    assert len(finished) > 5
    assert all(isinstance(json.loads(text), dict) for text in finished)


def test_a_call_names_a_function_and_gives_it_its_own_arguments(engine: Engine, grammars: Grammars) -> None:
    weather = {
        "type": "object",
        "properties": {"place": {"$ref": "#/$defs/place"}},
        "required": ["place"],
        "additionalProperties": False,
        "$defs": {"place": {"enum": ["market", "harbour"]}},
    }
    add = {
        "type": "object",
        "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 9}},
        "required": ["a"],
        "additionalProperties": False,
    }
    functions = {"weather": weather, "add": add}
    names = set()
    for text, finish in written(engine, grammars, tool_call(functions)):
        assert finish == "stop"
        call = json.loads(text)
        assert list(call) == ["name", "arguments"]
        jsonschema.validate(call["arguments"], functions[call["name"]])
        names.add(call["name"])
    assert names == {"weather", "add"}


def test_a_call_has_no_arguments_that_its_function_does_not_name(engine: Engine, grammars: Grammars) -> None:
    add = {"type": "object", "properties": {"a": {"enum": [1, 2]}}, "required": ["a"]}
    functions: dict[str, Any] = {"add": add, "clock": {"type": "object", "properties": {}}, "noon": None}
    found = [json.loads(text) for text, _ in written(engine, grammars, tool_call(functions))]
    assert {call["name"] for call in found} == {"add", "clock", "noon"}
    assert all(call["arguments"] == {} for call in found if call["name"] != "add")
    assert all(list(call["arguments"]) == ["a"] for call in found if call["name"] == "add")


@pytest.mark.slow
def test_a_regular_expression_is_matched_as_a_whole(engine: Engine, grammars: Grammars) -> None:
    pattern = r"[A-Z][a-zäöü]{2,5}: \d{1,3}(,\d)?/?"
    for text, finish in written(engine, grammars, regex(pattern)):
        assert finish == "stop"
        assert re.fullmatch(pattern, text), text


@pytest.mark.slow
def test_a_choice_is_one_of_the_texts(engine: Engine, grammars: Grammars) -> None:
    options = ['a "quoted" one', "zwei\nZeilen", "🦆", "yes", "yes, and"]
    found = written(engine, grammars, choice(options))
    assert {text for text, _ in found} <= set(options)
    assert len({text for text, _ in found}) > 1


@pytest.mark.parametrize(
    "text",
    [
        'start: pair ("," pair)*\npair: /[a-z]/ "=" /[0-9]/',
        'root ::= pair ("," pair)*\npair ::= [a-z] "=" [0-9]',
    ],
)
def test_lark_and_gbnf_grammars_are_followed(text: str, engine: Engine, grammars: Grammars) -> None:
    for answer, finish in written(engine, grammars, free_grammar(text), count=20):
        if finish == "stop":
            assert re.fullmatch(r"[a-z]=[0-9](,[a-z]=[0-9])*", answer), answer


def test_an_answer_that_its_tokens_end_is_cut_at_length(engine: Engine, grammars: Grammars) -> None:
    for text, finish in written(engine, grammars, json_schema(PERSON), count=5, most=4):
        assert finish == "length"
        assert text.lstrip().startswith("{")


def test_end_tokens_may_follow_a_complete_answer_only(engine: Engine, grammars: Grammars) -> None:
    tokenizer, matcher = engine.tokenizer, grammars.matcher(regex("ab|abc+"))
    ends = {tokenizer.end_id, tokenizer.turn_end_id}
    for token in tokenizer.encode("a"):
        assert not ends & set(matcher.allowed().nonzero()[:, 0].tolist())
        assert matcher.accept(token)
    for token in tokenizer.encode("b"):
        assert matcher.accept(token)
    assert matcher.complete
    assert ends < set(matcher.allowed().nonzero()[:, 0].tolist())


def test_no_special_token_fits_into_a_string(engine: Engine, grammars: Grammars) -> None:
    tokenizer, matcher = engine.tokenizer, grammars.matcher(json_schema({"type": "string"}))
    for token in tokenizer.encode('"a'):
        matcher.accept(token)
    allowed = set(matcher.allowed().nonzero()[:, 0].tolist())
    assert not allowed & tokenizer.special_ids
    assert len(allowed) > tokenizer.vocab_size // 2


def test_answers_of_one_source_do_not_disturb_each_other(engine: Engine, grammars: Grammars) -> None:
    source = choice(["one", "two"])
    first, second = grammars.matcher(source), grammars.matcher(source)
    for token in engine.tokenizer.encode("one"):
        first.accept(token)
    assert first.complete
    assert not second.complete
    assert second.accept(engine.tokenizer.encode("t")[0])


@pytest.mark.parametrize("family", ["llama", "mistral", "gemma3_text"])
def test_sentencepiece_and_other_vocabularies_write_valid_json_too(family: str, tmp_path: Path) -> None:
    tokenizer = Tokenizer.load(write_open_model(tmp_path, family))
    matcher = Grammars(tokenizer, [tokenizer.end_id]).matcher(json_schema({"enum": ["ü", 12]}))
    text = b""
    while not matcher.complete:
        token = int(matcher.allowed().nonzero()[0, 0])
        text += tokenizer.decode_bytes([token])
        if not matcher.accept(token):
            break
    assert json.loads(text) in ("ü", 12)


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"not": {"type": "string"}}, "not"),
        ({"if": {"type": "string"}, "then": {"minLength": 3}}, "if"),
        ({"type": "array", "contains": {"type": "integer"}}, "contains"),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, "dependentRequired"),
        ({"x-guidance": {"lenient": True}, "type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"type": "string", "format": "zzz"}, "zzz"),
        ({"type": "texts"}, "texts"),
        ({"$ref": "http://127.0.0.1:9/schema"}, "127.0.0.1"),
        ({"$ref": "#/$defs/none"}, "none"),
        ({"$ref": "#"}, "no text matches"),
    ],
)
def test_what_a_schema_asks_in_vain_is_named(schema: dict[str, Any], named: str, grammars: Grammars) -> None:
    with pytest.raises(GlaswerkError) as caught:
        grammars.matcher(json_schema(schema))
    assert named in caught.value.message


def _deep(levels: int) -> dict[str, Any]:
    start: dict[str, Any] = {"type": "null"}
    return reduce(lambda inner, _: {"type": "array", "items": inner}, range(levels), start)


def _doubling() -> dict[str, Any]:
    both = {
        f"a{i}": {"allOf": [{"anyOf": [{"$ref": f"#/$defs/a{i + 1}"}, {"type": "object"}]}] * 2}
        for i in range(30)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**both, "a30": {"type": "string"}}}


BOMBS: dict[str, Callable[[], GrammarSource]] = {
    "deep": lambda: json_schema(_deep(100_000 // 2)),
    "large": lambda: json_schema({"enum": ["x" * 200_000]}),
    "wide": lambda: json_schema({"type": "object", "properties": {f"p{i}": {} for i in range(5_000)}}),
    "doubling references": lambda: json_schema(_doubling()),
    "twenty patterns at once": lambda: json_schema(
        {"allOf": [{"type": "string", "pattern": f"a.*{i}"} for i in range(20)]}
    ),
    "deep groups": lambda: regex("(" * 3_000 + "a" + ")" * 3_000),
    "long pattern": lambda: regex("a?" * 50_000),
    "back reference": lambda: regex(r"(a)\1"),
    "look-ahead": lambda: regex("(?=a)a"),
    "open class": lambda: regex("[a-z"),
    "endless rule": lambda: free_grammar("start: start"),
    "missing rule": lambda: free_grammar("start: nowhere"),
    "prose": lambda: free_grammar("an apple, please"),
    "nothing": lambda: free_grammar(""),
    "deep grammar": lambda: free_grammar("start: " + "(" * 5_000 + '"a"' + ")" * 5_000),
    "no choice": lambda: choice([]),
    "empty choice": lambda: choice(["a", ""]),
    "false": lambda: json_schema(cast(Any, False)),
    "half a pair": lambda: regex("\ud83e"),
    "no function": lambda: tool_call({}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_a_reason(name: str, grammars: Grammars) -> None:
    with pytest.raises(GlaswerkError) as caught:
        grammars.matcher(BOMBS[name]())
    assert caught.value.message.startswith("expected ")
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("pattern", ["(a{1,5000}){1,5000}", "(x+x+)+y", "(.{0,300}a){20}", r"\p{L}{1,1000}"])
def test_an_answer_of_a_costly_pattern_matches_it_or_ends_with_an_error(
    pattern: str, engine: Engine, grammars: Grammars
) -> None:
    matcher = grammars.matcher(regex(pattern))
    for _ in range(40):
        token = int(matcher.allowed().nonzero()[-1, 0])
        if not matcher.accept(token):
            break
    assert matcher.error is None or "limit" in matcher.error.message


def test_a_failed_grammar_ends_its_own_answer_with_the_reason_and_no_other(engine: Engine) -> None:
    class Failing:
        error: GlaswerkError | None = None

        def allowed(self) -> Any:
            return Grammars(engine.tokenizer, [0]).matcher(regex("[ab]+")).allowed()

        def accept(self, token: int) -> bool:
            self.error = GlaswerkError("the answer passed a limit")
            return False

    heard: list[list[Emission]] = [[], []]
    jobs = [
        Job([5, 6], 6, Sampling(0.0), grammar=Failing(), listen=heard[0].append),
        Job([5, 6], 6, Sampling(0.0), listen=heard[1].append),
    ]
    Batcher(network_of(engine.model, engine.tokenizer.vocab_size, together=True)).run(jobs)
    assert [own[-1].finish for own in heard] == ["error", "length"]
    assert str(heard[0][-1].error) == "the answer passed a limit"
