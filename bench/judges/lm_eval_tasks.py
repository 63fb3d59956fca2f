"""Small tasks for lm-eval, and a comparison of two runs over them, sample by sample.

python bench/judges/lm_eval_tasks.py make FOLDER; python bench/judges/lm_eval_tasks.py compare FOLDER
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Beginning, two continuations, the number of the true one.
_ROWS = (
    ("The old bridge over the", (" Lind", " moon"), 0),
    ("Anna Behr was a", (" pond", " mason"), 1),
    ("The bakery opens at", (" six in the morning", " the bottom of the sea"), 0),
    ("Water boils at a hundred", (" degrees", " bakeries"), 0),
    ("Two and two are", (" yellow", " four"), 1),
    ("The capital of France is", (" Paris", " Monday"), 0),
    ("In winter it is often", (" cold", " triangular"), 0),
    ("A dog is an", (" hour", " animal"), 1),
    ("Fresh rolls! Mill Street — 🥐", (" bakery", " gravity"), 0),
    ("Snow is", (" white", " a verb of motion"), 0),
)
_COMMON = """
dataset_path: json
dataset_kwargs: {{data_files: {{test: {rows}}}}}
test_split: test
doc_to_text: "{{{{question}}}}"
target_delimiter: ""
"""
_TASKS = {
    "tiny_choice": "output_type: multiple_choice\ndoc_to_choice: choices\ndoc_to_target: answer\n"
    "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n",
    "tiny_loglikelihood": 'output_type: loglikelihood\ndoc_to_target: "{{choices[answer]}}"\n'
    "metric_list: [{metric: perplexity, aggregation: perplexity, higher_is_better: false}]\n",
    "tiny_words": 'output_type: generate_until\ndoc_to_target: "{{choices[answer]}}"\n'
    'generation_kwargs: {until: ["\\n"], max_gen_toks: 12, do_sample: false, temperature: 0}\n'
    "metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]\n",
}


def make(folder: Path) -> None:
    """The rows and the tasks' files."""
    rows = folder / "rows.jsonl"
    lines = [{"question": q, "choices": list(choices), "answer": answer} for q, choices, answer in _ROWS]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for name, rest in _TASKS.items():
        (folder / f"{name}.yaml").write_text(f"task: {name}{_COMMON.format(rows=rows)}{rest}")


def compare(folder: Path) -> None:
    """Print both runs' figures and how far their samples are apart."""
    figures = [_figures(folder / run) for run in ("served", "hf")]
    for name in figures[0]:
        sys.stdout.write(f"{name}: served {figures[0][name]}, hf {figures[1][name]}\n")
    for task in _TASKS:
        pairs = list(zip(*(_replies(folder / run, task) for run in ("served", "hf")), strict=True))
        numbers = [abs(float(a) - float(b)) for a, b in pairs if _is_number(a) and _is_number(b)]
        same = sum(a == b for a, b in pairs)
        most = f", largest difference of log-likelihoods {max(numbers):.2g}" if numbers else ""
        sys.stdout.write(f"{task}: {same} of {len(pairs)} replies are the same to the last digit{most}\n")


def _figures(run: Path) -> dict[str, Any]:
    (path,) = run.rglob("results_*.json")
    results = json.loads(path.read_text())["results"]
    return {
        f"{task} {name}": value
        for task, found in sorted(results.items())
        for name, value in found.items()
        if isinstance(value, float) and "stderr" not in name
    }


def _replies(run: Path, task: str) -> Iterator[str]:
    """All that the model answered, flattened: log-likelihoods, whether greedy, texts."""
    (path,) = run.rglob(f"samples_{task}_*.jsonl")
    for line in path.read_text().splitlines():
        yield from _flat(json.loads(line)["resps"])


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield str(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    {"make": make, "compare": compare}[sys.argv[1]](Path(sys.argv[2]))
