"""Grammars that an answer must follow: JSON Schema, JSON objects, regular expressions, choices, Lark.

Start with `compiler.py`: `Grammars` compiles a source once and gives an object per answer, for `Job.grammar`.
The masks are llguidance's (https://github.com/guidance-ai/llguidance).
"""

from glaswerk.infer.grammar.closed import closed
from glaswerk.infer.grammar.compiler import Grammars
from glaswerk.infer.grammar.matcher import Matcher
from glaswerk.infer.grammar.source import (
    GrammarSource,
    choice,
    free_grammar,
    json_object,
    json_schema,
    regex,
)
from glaswerk.infer.grammar.tool_calls import tool_call

__all__ = [
    "GrammarSource",
    "Grammars",
    "Matcher",
    "choice",
    "closed",
    "free_grammar",
    "json_object",
    "json_schema",
    "regex",
    "tool_call",
]
