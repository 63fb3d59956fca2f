"""Compile grammars for one tokenizer, once each, within limits."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable

import torch
from llguidance import LLMatcher, LLParserLimits, LLTokenizer, regex_to_lark
from llguidance.gbnf_to_lark import any_to_lark

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.grammar.checked import problem
from glaswerk.infer.grammar.matcher import Matcher, first_line
from glaswerk.infer.grammar.source import GrammarSource
from glaswerk.infer.grammar.vocabulary import vocabulary
from glaswerk.tokenizer import Tokenizer

# Compiled grammars that are kept.
_KEPT = 64
# llguidance counts work, not time: 1,000,000 units to begin take about 20 ms, 200,000 a step about 14 ms. A
# state of its lexer takes up to 2 kB, so one answer up to 60 MB.
_LIMITS = {
    "initial_lexer_fuel": 1_000_000,
    "step_lexer_fuel": 200_000,
    "step_max_items": 50_000,
    "max_items_in_row": 2_000,
    "max_lexer_states": 30_000,
    "max_grammar_size": 200_000,
    "verbose_errors": False,
}
# A model that is bound to JSON may otherwise write white space until its tokens end. A schema's own
# `x-guidance` must not loosen anything.
_JSON = {
    "lenient": False,
    "coerce_one_of": False,
    "whitespace_flexible": True,
    "whitespace_pattern": r"[ \t\n]{1,16}",
    "item_separator": ",",
    "key_separator": ":",
}


class Grammars:
    """Compiles grammars for a tokenizer and keeps the last ones. Safe for several threads.

    ends: the ids that may follow a complete answer.
    """

    def __init__(self, tokenizer: Tokenizer, ends: Iterable[int]) -> None:
        self._tokenizer, self._end_ids = tokenizer, sorted(set(ends)) or [tokenizer.end_id]
        self._ends = torch.zeros(tokenizer.vocab_size, dtype=torch.bool)
        self._ends[self._end_ids] = True
        self._compiled: OrderedDict[GrammarSource, LLMatcher] = OrderedDict()
        self._lock = threading.Lock()
        self._vocabulary: LLTokenizer | None = None

    def matcher(self, source: GrammarSource) -> Matcher:
        """A matcher for one answer. Raises GlaswerkError for a grammar that is wrong or passes a limit."""
        with self._lock:
            found = self._compiled.pop(source, None)
        if found is None:
            found = self._compile(source)
        with self._lock:
            self._compiled[source] = found
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
            return Matcher(source, found.deep_copy(), self._ends)

    def _tokens(self) -> LLTokenizer:
        with self._lock:
            if self._vocabulary is None:
                self._vocabulary = vocabulary(self._tokenizer, self._end_ids)
            return self._vocabulary

    def _compile(self, source: GrammarSource) -> LLMatcher:
        written = _written(source)
        reason = "" if source.simple else problem(written, _LIMITS)
        if not reason:
            made = LLMatcher(self._tokens(), written, log_level=0, limits=_limits())
            trial = made.deep_copy()
            trial.compute_bitmask()
            if not (made.is_error() or trial.is_error() or (trial.is_stopped() and not trial.is_accepting())):
                return made
            reason = made.get_error() or trial.get_error() or "NoExtension"
        raise GlaswerkError(
            f"expected a {_NAMES[source.kind]} that an answer can follow, found {_plain(reason)}",
            hint="leave that part out, or ask for a simpler form",
        )


def _limits() -> LLParserLimits:
    return LLParserLimits(**_LIMITS)  # type: ignore[arg-type]


_NAMES = {
    "json_schema": "JSON Schema",
    "regex": "regular expression",
    "choice": "list of choices",
    "grammar": "grammar",
}


def _plain(reason: str) -> str:
    """The library's message, with its words for what it lacks replaced by ours."""
    if reason.startswith("NoExtension") or "Unsatisfiable" in reason:
        return "one that no text matches"
    return first_line(reason).replace("Unimplemented keys:", "keywords that are not supported:")


def _written(source: GrammarSource) -> str:
    """The source in the library's own form."""
    if source.kind == "json_schema":
        return LLMatcher.grammar_from_json_schema(source.text, overrides=_JSON)  # type: ignore[arg-type]
    if source.kind == "regex":
        # `\d` are the ten digits, as most people mean; Rust's are those of every script.
        return LLMatcher.grammar_from_lark(f"start: /{regex_to_lark(source.text, 'd')}/")
    if source.kind == "choice":
        options = " | ".join(json.dumps(option, ensure_ascii=False) for option in json.loads(source.text))
        return LLMatcher.grammar_from_lark(f"start: {options}")
    try:
        return LLMatcher.grammar_from_lark(any_to_lark(source.text))
    # The converter of GBNF raises nothing narrower.
    except Exception as error:
        raise GlaswerkError(
            f"expected a grammar in Lark's syntax or GBNF, found {first_line(str(error))}",
            hint='start with a rule like: start: "yes" | "no"',
        ) from error
