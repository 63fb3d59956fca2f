"""The tool `calculator`: arithmetic in decimal numbers, shown with 32 digits, so that 0.1 + 0.2 is 0.3.

An expression is parsed by Python's own parser into a tree, and only numbers, signs and a few functions in it
are computed. Nothing is evaluated, and lengths and exponents are bounded.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from functools import reduce
from typing import Any

from glaswerk.tools.output import failure, outcome
from glaswerk.tools.tool import Outcome, Tool

LONGEST = 400
_DEEPEST = 40
# Digits that are shown, and those that are computed: whole numbers up to the latter are exact.
_DIGITS, _WIDE = 32, 400
_WHOLE = 100  # digits of a whole number that is shown in full
_CONTEXT = Context(prec=_WIDE, Emax=9_999, Emin=-9_999, traps=[DivisionByZero, InvalidOperation, Overflow])
_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "^": "**", "π": "pi"}
_PERCENT = re.compile(r"(\d(?:[\d.]*\d)?)\s*%(?!\s*[\d(.a-z])")
_NAMES = {"pi": Decimal("3.1415926535897932384626433832795028842"), "e": Decimal(1).exp(_CONTEXT)}


class NotArithmetic(ValueError):
    """What was expected and what was found."""


def calculator() -> Tool:
    """The tool."""
    text = {"type": "string", "maxLength": LONGEST, "description": "For example (3 + 4) * 12.5 / 2"}
    schema = {
        "type": "object",
        "properties": {"expression": text},
        "required": ["expression"],
        "additionalProperties": False,
    }
    about = f"Compute an arithmetic expression: + - * / // % ** and {', '.join(_FUNCTIONS)}."
    return Tool("calculator", about, schema, _run)


async def _run(arguments: Mapping[str, Any]) -> Outcome:
    try:
        return outcome(computed(str(arguments["expression"])))
    except NotArithmetic as error:
        return failure(str(error))


def computed(expression: str) -> str:
    """The value of an expression as text. Raises NotArithmetic for what is none, and beyond the bounds."""
    if len(expression) > LONGEST:
        raise NotArithmetic(f"expected up to {LONGEST} characters, found {len(expression):,}")
    text = "".join(_SIGNS.get(sign, sign) for sign in expression).strip()
    text = _PERCENT.sub(r"(\1/100)", text.removesuffix("=").rstrip())
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotArithmetic(f"expected arithmetic such as 2 * (3 + 4), found {expression[:80]!r}") from error
    try:
        return _shown(_value(tree.body, 0, text))
    except ZeroDivisionError as error:
        raise NotArithmetic("expected a divisor that is not 0, found 0") from error
    except (DecimalException, ArithmeticError, ValueError) as error:
        if isinstance(error, NotArithmetic):
            raise
        raise NotArithmetic(f"expected numbers of up to 10^9999, found {expression[:80]!r}") from error


def _value(node: ast.expr, level: int, text: str) -> Decimal:
    if level > _DEEPEST:
        raise NotArithmetic(f"expected up to {_DEEPEST} levels of brackets, found more")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        # As it is written: a binary number has fewer digits, and ends at 10^308.
        written = ast.get_source_segment(text, node) if isinstance(node.value, float) else None
        return _CONTEXT.create_decimal((written or repr(node.value)).replace("_", ""))
    if isinstance(node, ast.Name) and node.id.lower() in _NAMES:
        return _NAMES[node.id.lower()]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, level + 1, text))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = (_value(one, level + 1, text) for one in (node.left, node.right))
        return _BINARY[type(node.op)](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _called(node.func.id.lower(), [_value(one, level + 1, text) for one in node.args])
    raise NotArithmetic(
        f"expected numbers, signs and {', '.join(_FUNCTIONS)}, found {ast.unparse(node)[:60]!r}"
    )


def _called(name: str, values: list[Decimal]) -> Decimal:
    function, least, most = _FUNCTIONS.get(name, (None, 0, 0))
    if function is None:
        raise NotArithmetic(f"expected one of {', '.join(_FUNCTIONS)}, found {name[:60]!r}")
    if not least <= len(values) <= most:
        raise NotArithmetic(f"expected {name} of {least} to {most} numbers, found {len(values)}")
    return function(*values)


def _shown(value: Decimal) -> str:
    if not value.is_finite():
        raise NotArithmetic("expected a number, found none")
    if value == value.to_integral_value() and value.adjusted() < _WHOLE:
        return f"{value.to_integral_value():f}" if value else "0"
    # Fewer digits than are computed: 1/3*3 is 1.
    found = Context(prec=_DIGITS, Emax=9_999, Emin=-9_999).normalize(value)
    return "0" if not found else f"{found:f}" if -12 < found.adjusted() < _DIGITS else str(found)


def _rounded(value: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    if not -30 <= digits <= 30 or digits != digits.to_integral_value():
        raise NotArithmetic(f"expected a number of digits from -30 to 30, found {digits}")
    return value.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_EVEN, _CONTEXT)


def _factorial(value: Decimal) -> Decimal:
    if not 0 <= value <= 1_000 or value != value.to_integral_value():
        raise NotArithmetic(f"expected a whole number from 0 to 1000, found {value}")
    return _CONTEXT.create_decimal(math.factorial(int(value)))


def _by_float(function: Callable[[float], float]) -> Callable[[Decimal], Decimal]:
    return lambda value: Decimal(f"{function(float(value)):.14g}")


def _log(value: Decimal, base: Decimal | None = None) -> Decimal:
    found = _CONTEXT.ln(value)
    return found if base is None else _CONTEXT.divide(found, _CONTEXT.ln(base))


def _floor_divide(one: Decimal, other: Decimal) -> Decimal:
    return _floored(one, other)[0]


def _floored(one: Decimal, other: Decimal) -> tuple[Decimal, Decimal]:
    """Quotient and rest, both exact, the rest with the sign of the divisor, as in Python."""
    if not other:
        raise ZeroDivisionError
    if max(one.adjusted(), other.adjusted()) - min(_last(one), _last(other)) > _WIDE:
        raise NotArithmetic(f"expected numbers of up to {_WIDE} digits for // and %, found longer ones")
    exact = Context(prec=2 * _WIDE, Emax=9_999, Emin=-9_999, traps=[DivisionByZero, InvalidOperation])
    quotient, rest = exact.divmod(one, other)
    if rest and (rest < 0) != (other < 0):
        quotient, rest = exact.subtract(quotient, 1), exact.add(rest, other)
    return quotient, rest


def _last(value: Decimal) -> int:
    """The power of ten of the last digit."""
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


_UNARY: Mapping[type[ast.unaryop], Callable[[Decimal], Decimal]] = {
    ast.UAdd: _CONTEXT.plus,
    ast.USub: _CONTEXT.minus,
}
_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: _CONTEXT.add,
    ast.Sub: _CONTEXT.subtract,
    ast.Mult: _CONTEXT.multiply,
    ast.Div: _CONTEXT.divide,
    ast.FloorDiv: _floor_divide,
    ast.Mod: lambda one, other: _floored(one, other)[1],
    ast.Pow: _CONTEXT.power,
}
_FUNCTIONS: Mapping[str, tuple[Callable[..., Decimal], int, int]] = {
    "sqrt": (_CONTEXT.sqrt, 1, 1),
    "abs": (_CONTEXT.abs, 1, 1),
    "round": (_rounded, 1, 2),
    "floor": (lambda value: value.to_integral_value(ROUND_FLOOR), 1, 1),
    "ceil": (lambda value: value.to_integral_value(ROUND_CEILING), 1, 1),
    "min": (lambda *values: min(values), 1, 50),
    "max": (lambda *values: max(values), 1, 50),
    "sum": (lambda *values: reduce(_CONTEXT.add, values), 1, 50),
    "exp": (_CONTEXT.exp, 1, 1),
    "log": (_log, 1, 2),
    "log10": (_CONTEXT.log10, 1, 1),
    "sin": (_by_float(math.sin), 1, 1),
    "cos": (_by_float(math.cos), 1, 1),
    "tan": (_by_float(math.tan), 1, 1),
    "factorial": (_factorial, 1, 1),
}
