"""The fields that `compare` and `gate` print with --json."""

from __future__ import annotations

from glaswerk.cli.json_sources import Fields

COMPARISON: Fields = {
    "first": ("object", "The first report."),
    "first.model": ("string", "Name of the model."),
    "first.digest": ("string", "Digest of its weights."),
    "first.report": ("string", "Folder of the report."),
    "second": ("object", "The second report, with the same fields."),
    "second.model": ("string", "Name of the model."),
    "second.digest": ("string", "Digest of its weights."),
    "second.report": ("string", "Folder of the report."),
    "figures": ("list", "Figures on common items."),
    "figures[].figure": ("string", "Path of the figure in report.json."),
    "figures[].first": ("number", "Its value in the first report, on the common items."),
    "figures[].second": ("number", "Its value in the second."),
    "figures[].change": ("number", "Second less first, in pairs."),
    "figures[].low": ("number", "Lower end of its 95 % interval."),
    "figures[].high": ("number", "Upper end."),
    "figures[].items": ("integer", "Common items."),
    "figures[].independent": ("integer", "Independent units among them."),
    "figures[].better": ("string or null", "higher or lower; null for a lean, which has no better."),
    "figures[].verdict": ("string", "better, worse, changed, no difference seen, too few items."),
    "figures[].smallest_visible": ("number", "A smaller change would not have been seen."),
    "by_chance": ("number", "Figures that would seem different if none were."),
    "not_comparable": ("list", "Figures that are not on common items of both."),
    "not_comparable[].figure": ("string", "Path of the figure."),
    "not_comparable[].reason": ("string", "Why."),
    "method": ("object", "How intervals were made."),
    "method.seed": ("integer", "Seed of the resamples."),
    "method.resamples": ("integer", "Resamples of the bootstrap."),
    "method.level": ("number", "Level of the intervals."),
}
GATE: Fields = {
    "model": ("string", "Name of the model."),
    "digest": ("string", "Digest over the model's files."),
    "passed": ("boolean", "Whether no rule failed; else the exit code is 1."),
    "findings": ("list", "One entry for each rule."),
    "findings[].rule": ("string", "A rule of the policy."),
    "findings[].passed": ("boolean or null", "Null: could not be checked, and the policy lets that pass."),
    "findings[].words": ("string", "What was found, and what was expected."),
}
