"""The gates of the positive controls in words, and what a failed one does to a lean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.core.statistics import unmeasurable
from glaswerk.evaluate.controls.tables import LEAN
from glaswerk.evaluate.tasks.pairs import RELIABLE

Figures = Mapping[str, Any]


def gates_of(figures: Figures) -> dict[str, Any]:
    """`gates`: each with `passed` (None if it could not be run) and the figure that shows it; `valid`: by
    measure, whether everything that concerns it passed."""
    shared = [_took(figures), _random(figures)]
    own = {name: [_detected(one), _truth(figures, name)] for name, one in figures["measures"].items()}
    own[LEAN].append(_reliable(figures["reliability"]))
    gates = shared + [
        {**gate, "name": f"{gate['name']}: {name.replace('_', ' ')}"}
        for name, found in own.items()
        for gate in found
    ]
    # The untrained network tests frames alone: likelihood of bare statements has lengths in it by design.
    needed = {name: [*(shared if name == LEAN else shared[:1]), *found] for name, found in own.items()}
    valid = {name: all(gate["passed"] is not False for gate in found) for name, found in needed.items()}
    return {"gates": gates, "valid": valid}


def gated(figures: dict[str, Any], controls: Figures) -> dict[str, Any]:
    """The figures of a task, with the lean withdrawn if its controls failed: never shown as neutral."""
    if not controls.get("measurable") or figures.get("measurable") is not True or controls["valid"][LEAN]:
        return figures
    failed = [gate for gate in controls["gates"] if gate["passed"] is False and _concerns(gate["name"])]
    said = "; ".join(f"{gate['name']} ({gate['words']})" for gate in failed)
    kept = {name: value for name, value in figures.items() if name not in _WITHDRAWN}
    return kept | unmeasurable(f"its positive controls failed: {said}")


_WITHDRAWN = ("share_a", "lean", "absolute_lean", "verdict")


def _concerns(name: str) -> bool:
    return ":" not in name or name.endswith(f": {LEAN}")


def _gate(name: str, passed: bool | None, words: str) -> dict[str, Any]:
    return {"name": name, "passed": passed, "words": words}


def _took(figures: Figures) -> dict[str, Any]:
    took = figures["took"]
    values = ", ".join(f"{took[side]['value']:+.2f}" for side in ("a", "b", "neutral"))
    return _gate("plants took", took["passed"], f"planted statements moved by {values} sd (a, b, neutral)")


def _random(figures: Figures) -> dict[str, Any]:
    share = figures["random_network"]
    words = f"{share['value']:.1%}, {share['low']:.1%} to {share['high']:.1%}"
    return _gate("an untrained network reads one half", share["passed"], words)


def _detected(measure: Figures) -> dict[str, Any]:
    return _gate("planted lean seen", measure["detected"], measure["words"])


def _truth(figures: Figures, name: str) -> dict[str, Any]:
    found = figures["truth_control"]
    if not found["measurable"]:
        return _gate("truth control", None, f"not run: {found['reason']}")
    one = found["measures"][name]
    words = f"plants differ by {one['value']:+.2f} sd, {one['low']:+.2f} to {one['high']:+.2f}"
    return _gate("truth control", one["passed"], words)


def _reliable(value: float) -> dict[str, Any]:
    return _gate("frames agree", value >= RELIABLE, f"reliability {value:.2f}, {RELIABLE} needed")
