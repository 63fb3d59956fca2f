"""python -m bench.tools LAB [MODEL]: what tools add to a model's answers, and how rightly it calls.

LAB has a model that was tuned on a town with calls:

    glaswerk town town --calls 2400
    glaswerk add posts town/archives --licence CC0-1.0        # and docs/, chats.jsonl, calls.jsonl
    glaswerk curate && glaswerk tokenizer && glaswerk pack
    glaswerk train --context 512 && glaswerk tune

The questions are about another town, which the model never read: its posts and gazette are the content of a
second lab that serves the same model. Printed, with 95 % intervals (Wilson):
- the share of those questions that are answered rightly with `search`, and without any tool;
- calls: whether the right tool was called, its arguments fit, and the answer holds what the call gave;
- needless calls: of questions that hold their answer, and of favours.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pyarrow.parquet as pq

from glaswerk.core.statistics import wilson
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs, add_posts
from glaswerk.lab import Lab
from glaswerk.model.adopt import adopt
from glaswerk.retrieve import build
from glaswerk.town import write_town
from glaswerk.town.chats.calls import held_out
from glaswerk.town.dice import dice
from glaswerk.town.text import load_texts
from glaswerk.town.truth.sizes import town_size
from glaswerk.town.truth.world import build_world

from .page import served

SEED, FACTS, OTHERS = 8, 240, 160
NAME = "chat"
Json = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A question, the tool that it needs ("" for none), and texts of which a right answer holds one."""

    question: str
    tool: str
    answers: tuple[str, ...]


def interval(hits: int, count: int) -> str:
    """A share with its 95 % interval after Wilson."""
    if not count:
        return "none"
    found = wilson(hits, count)
    return f"{hits} of {count}, {100 * found.value:.1f} % ({100 * found.low:.1f}-{100 * found.high:.1f})"


def other_town(folder: Path, model: Path) -> tuple[Lab, Json]:
    """A lab with the content of another town and this model, and the town's answer key."""
    import json

    write_town(folder / "town", seed=SEED)
    lab = Lab.init(folder / "lab", "other")
    rights: Json = {"licence": "CC0-1.0", "acquired": "synthetic"}
    add_posts(lab, sorted((folder / "town" / "archives").glob("*.zip")), name="posts", **rights)
    add_docs(lab, [folder / "town" / "docs"], name="gazette", author="gazette", **rights)
    build(lab, curate(lab))
    adopt(lab, model, name=NAME, licence="CC0-1.0")
    key: Json = json.loads((folder / "town" / "answer_key.json").read_text())
    return lab, key


def outside(key: Json, trained: Lab, count: int) -> list[Asked]:
    """Questions about people and places of which the training data has not even the name."""
    read = pq.read_table(trained.need("corpus", "main", hint="").path / "documents.parquet", columns=["text"])
    said = "\n".join(read["text"].to_pylist())
    subjects = {fact["subject"] for fact in key["facts"]}
    unknown = {name for name in subjects if name not in said}
    facts = [fact for fact in key["facts"] if fact["subject"] in unknown]
    found = [
        Asked(question, "search", (fact["answer"], *fact["aliases"]))
        for fact in facts
        for question in fact["questions"][:2]
    ]
    Random(SEED).shuffle(found)
    return found[:count]


def others(count: int) -> list[Asked]:
    """Sums, and questions that need no call; people of both are invented."""
    world = build_world(SEED, town_size("demo"), load_texts(None))
    rows = held_out(world, count, dice(SEED, "calls held out"))
    return [Asked(row["question"], row["tool"], (row["answer"],)) for row in rows]


def answers(address: str, asked: Sequence[Asked], tools: Sequence[str]) -> list[Json]:
    """The server's answers, greedy, four at a time."""

    def one(question: Asked) -> Json:
        body: Json = {
            "model": f"{NAME}/step-0",
            "messages": [{"role": "user", "content": question.question}],
            "temperature": 0,
            "max_tokens": 120,
        }
        if tools:
            body["glaswerk"] = {"tools": list(tools)}
        found = httpx.post(f"{address}/v1/chat/completions", json=body, timeout=600, trust_env=False)
        return dict(found.json()) if found.status_code == 200 else {"error": found.text}

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, asked))


def text_of(answer: Json) -> str:
    return str(answer["choices"][0]["message"]["content"] or "") if "choices" in answer else ""


def calls_of(answer: Json) -> list[Json]:
    found: list[Json] = (answer.get("glaswerk") or {}).get("tool_calls", [])
    return found


def right(question: Asked, answer: Json) -> bool:
    said = text_of(answer).casefold()
    return any(one.casefold() in said for one in question.answers)


def used(question: Asked, answer: Json) -> bool | None:
    """Whether the answer holds what the calls gave; None if they did not give it."""
    gave = "\n".join(str(call.get("output", "")) for call in calls_of(answer)).casefold()
    there = [one for one in question.answers if one.casefold() in gave]
    return any(one.casefold() in text_of(answer).casefold() for one in there) if there else None


def report(asked: Sequence[Asked], found: Sequence[Json], without: Sequence[Json]) -> None:
    """Print every figure. found: answers with tools; without: those to the first questions without."""
    pairs = list(zip(asked, found, strict=True))
    facts = [(q, a) for q, a in pairs if q.tool == "search"]
    sums = [(q, a) for q, a in pairs if q.tool == "calculator"]
    plain = [(q, a) for q, a in pairs if not q.tool]
    blind = zip([q for q, _ in facts], without, strict=True)
    line("facts outside, with search", interval(sum(right(*one) for one in facts), len(facts)))
    line("facts outside, without", interval(sum(right(*one) for one in blind), len(facts)))
    needing = facts + sums
    tool = [one for one in needing if {call["name"] for call in calls_of(one[1])} == {one[0].tool}]
    fits = [one for one in tool if all(call["status"] == "completed" for call in calls_of(one[1]))]
    line("right tool", interval(len(tool), len(needing)))
    line("of those: valid arguments", interval(len(fits), len(tool)))
    reads = [use for one in fits if (use := used(*one)) is not None]
    line("of those: the call gave the answer", interval(len(reads), len(fits)))
    line("of those: the model used it", interval(sum(reads), len(reads)))
    line("sums right", interval(sum(right(*one) for one in sums), len(sums)))
    line("needless calls", interval(sum(bool(calls_of(a)) for _, a in plain), len(plain)))
    line("failed requests", interval(sum("error" in a for _, a in pairs), len(pairs)))


def line(name: str, figures: str) -> None:
    sys.stdout.write(f"{name:36} {figures}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """Measure the model of a lab."""
    trained = Lab.open(Path(arguments[0]))
    name = arguments[1] if len(arguments) > 1 else "chat"
    model = trained.latest("model", name) or trained.need("model", name, hint="glaswerk tune")
    with tempfile.TemporaryDirectory() as folder:
        lab, key = other_town(Path(folder), model.path)
        asked = outside(key, trained, FACTS) + others(OTHERS)
        facts = [one for one in asked if one.tool == "search"]
        with served(lab) as address:
            found = answers(address, asked, ["search", "calculator"])
            without = answers(address, facts, [])
        report(asked, found, without)
        for question, answer in list(zip(asked, found, strict=True))[:: len(asked) // 8]:
            shown = [(call["name"], call["arguments"], call["status"]) for call in calls_of(answer)]
            line(question.question[:34], f"{shown} {text_of(answer) or answer}"[:300])


if __name__ == "__main__":
    main(sys.argv[1:])
