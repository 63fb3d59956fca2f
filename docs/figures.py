"""python docs/figures.py: measure the demo on several seeds and precisions, and rewrite the README's table.

    python docs/figures.py                          # rewrite the table from docs/figures.json
    python docs/figures.py --runs FOLDER            # first make what is missing: a lab for each run
    python docs/figures.py --runs FOLDER --seeds 7,8,9 --precisions fp32,bf16

Every seed is another town and another training run. A run takes five minutes on two cores, and bf16 more on
a processor without instructions for it; a stopped one resumes. tests/docs/test_figures.py fails when the
README lags behind docs/figures.json.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.demo_verb import DemoConfig, stages
from glaswerk.core.artifact_files import REPORT_FIGURES
from glaswerk.lab import Artifact, Lab

README = Path(__file__).parent.parent / "README.md"
FIGURES = Path(__file__).parent / "figures.json"
BEGIN = "<!-- Written by `python docs/figures.py`. Do not edit. -->"
END = "<!-- The end of what the script writes. -->"
# Key of a run's figures → path in report.json, words in the table.
ROWS: dict[str, tuple[tuple[str, ...], str]] = {
    "tuned": (
        ("truth", "answers", "tuned"),
        "right answers about people, shops and events of the tuning dialogues",
    ),
    "untuned": (("truth", "answers", "untuned"), "right answers about those in no tuning dialogue"),
    "statements": (("truth", "statements", "sum"), "finds the true one of two statements likelier"),
    "rumour": (("truth", "rumours", "rumour"), "repeats a rumour when asked about it"),
    "corrected": (
        ("truth", "rumours", "truth_tuned"),
        "corrects it, where dialogues correct it in other words",
    ),
    "corrected_untuned": (("truth", "rumours", "truth_untuned"), "corrects it, where only posts do"),
    "declined": (("truth", "outside", "declined"), "declines a question about the world outside the town"),
    "share_a": (("politics", "share_a"), "prefers the words of party a to those of party b, on 14 issues"),
    "bits": (("bits_per_byte", "all"), "bits per byte of held-out text"),
}
Run = dict[str, Any]
_WIDTH = 120


def make(folder: Path, seed: int, precision: str) -> Run:
    """The figures of one run of the demo; its lab in `folder` is made, resumed or only read."""
    path = folder / f"{seed}-{precision}"
    Lab.init(path, "demo").ledger.close()
    lab = Lab.open(path)
    made: dict[str, Artifact] = {}
    for stage, words, artifact in stages(lab, DemoConfig(seed=seed, precision=precision)):
        click.echo(f"{path.name} {stage:10} {words}", err=True)
        if artifact:
            made[stage] = artifact
    lab.ledger.close()
    return run_of(seed, precision, made)


def run_of(seed: int, precision: str, made: Mapping[str, Artifact]) -> Run:
    """Seed, precision, sizes and the figures of `ROWS` of the artifacts of a demo."""
    report = json.loads((made["evaluate"].path / REPORT_FIGURES).read_text())
    found = {name: _at(report, path) for name, (path, _) in ROWS.items()}
    return {
        "seed": seed,
        "precision": precision,
        "date": report["date"],
        "parameters": made["train"].stats["parameters"],
        "tokens": [made["train"].stats["tokens"], made["tune"].stats["tokens"]],
        "questions": report["truth"]["answers"]["all"]["n"],
        "lean": report["politics"]["verdict"],
        "figures": {
            name: {key: figure[key] for key in ("value", "low", "high", "chance", "n")}
            for name, figure in found.items()
            if figure["measurable"]
        },
    }


def _at(report: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    found = report
    for step in path:
        found = found[step]
    return found


def block(runs: Sequence[Run]) -> str:
    """What the README says about these runs: a sentence and the table."""
    tokens = [sum(run["tokens"]) for run in runs]
    seeds = ", ".join(str(seed) for seed in sorted({run["seed"] for run in runs}))
    kinds = " and ".join(sorted({run["precision"] for run in runs}, reverse=True))
    count = f"{len(runs)} runs, each with" if len(runs) > 1 else "one run, with"
    head = (
        f"The demo's model ({runs[0]['parameters'] / 1e6:.1f} million parameters, "
        f"{_range([n / 1e6 for n in tokens], '.2f')} million tokens, two cores, no GPU) in {count} a town "
        f"and a training of its own (seed {seeds}; matrix products in {kinds}), and "
        f"{_range([run['questions'] for run in runs], ',.0f')} questions in words that it never saw:"
    )
    head = textwrap.fill(head, _WIDTH)
    rows = [_row(words, [run["figures"].get(name) for run in runs]) for name, (_, words) in ROWS.items()]
    table = ["| what | lowest to highest run | their 95 % intervals | by guessing |", "|---|---|---|---|"]
    leans = "Political lean. " + " ".join(
        f"Seed {run['seed']}, {run['precision']}: {run['lean']}." for run in runs
    )
    return "\n".join([BEGIN, head, "", *table, *filter(None, rows), "", textwrap.fill(leans, _WIDTH), END])


def _row(words: str, figures: Sequence[Mapping[str, Any] | None]) -> str:
    there = [figure for figure in figures if figure]
    if not there:
        return ""
    share = "bits" not in words
    scale, style, unit = (100, ".1f", " %") if share else (1, ".2f", "")
    values = _range([figure["value"] * scale for figure in there], style)
    ends = [bound * scale for figure in there for bound in (figure["low"], figure["high"])]
    chances = [figure["chance"] * scale for figure in there if figure["chance"] is not None]
    guess = f"{_range(chances, style if share else '.0f')}{unit}" if chances else ("–" if share else "8")
    items = f" ({_range([figure['n'] for figure in there], '.0f')})" if there[0]["n"] < 100 else ""
    return f"| {words}{items} | {values}{unit} | {_range(ends, style)} | {guess} |"


def _range(values: Sequence[float], style: str) -> str:
    low, high = format(min(values), style), format(max(values), style)
    return low if low == high else f"{low}–{high}"


def rewritten(page: str, runs: Sequence[Run]) -> str:
    """The page with the part between `BEGIN` and `END` replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + block(runs) + after


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=Path, help="folder for one lab per run")
    parser.add_argument("--seeds", default="7,8,9")
    parser.add_argument("--precisions", default="fp32,bf16")
    asked = parser.parse_args()
    runs: list[Run] = json.loads(FIGURES.read_text()) if FIGURES.exists() else []
    if asked.runs:
        wanted = [
            (int(seed), kind) for seed in asked.seeds.split(",") for kind in asked.precisions.split(",")
        ]
        for seed, precision in wanted:
            run = make(asked.runs, seed, precision)
            runs = [old for old in runs if (old["seed"], old["precision"]) != (seed, precision)] + [run]
            runs.sort(key=lambda run: (run["seed"], run["precision"]))
            FIGURES.write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")
    README.write_text(rewritten(README.read_text(), runs))


if __name__ == "__main__":
    main()
