"""How curation scales: time and memory for growing numbers of posts with planted near and exact duplicates.

    python -m bench.near_duplicates                        # 0.1, 0.5, 1 and 5 million posts, one worker
    python -m bench.near_duplicates --millions 0.02 0.05 --plot near.svg
    python -m bench.near_duplicates --phrase 40            # patterned posts, the hard case

Each size is written and curated in separate processes, so that the peak memory is that of curation
(`ru_maxrss` of the process, or of its largest child with more --jobs). A post is the first eight words of a
post of a made-up town (--phrase) and eight to twenty words of a made-up vocabulary of 50,000 with Zipf
frequencies. 3 % repeat a recent post, 2 % repeat one with a changed ending. Recall is the share found of
those that overlap by 0.85 or more, as curation counts it. With longer phrases, posts of one pattern share
half their words, and the number of compared pairs grows faster than the number of posts. Exponents are fitted
to all sizes (seconds ~ posts^k); memory has a fixed part, so its exponent is low for small sizes. There is no
peer: the row says how it grows.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression

import click

MILLIONS = (0.1, 0.5, 1.0, 5.0)
EXACT, NEAR, THRESHOLD = 0.03, 0.02, 0.85
PHRASE, PHRASES = 8, 5_000
VOCABULARY, RECENT, BLOCK = 50_000, 5_000, 10_000
PLOT = Path(__file__).parent.parent / "docs" / "near-duplicates.svg"
MARK = ":near"


@dataclass(frozen=True)
class Run:
    """Figures of one size; `candidates` are pairs compared, `planted` the near duplicates to be found."""

    posts: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    candidates: int
    near: int
    exact: int
    planted: int
    recall: float


def made_posts(number: int, phrase: int) -> Iterator[tuple[str, str]]:
    """(id, text) of `number` posts; ids ascend, and those of near duplicates to be found end in MARK."""
    from glaswerk.data.filters.duplicates import overlap

    dice = random.Random(number)
    fresh, recent = _fresh(dice, phrase), list[str]()
    for place in range(number):
        identifier, kind = f"bench:{place:09}", dice.random()
        earlier = dice.choice(recent) if recent else ""
        if earlier and kind < EXACT:
            yield identifier, earlier
        elif earlier and kind < EXACT + NEAR:
            text = _changed(earlier, dice)
            yield identifier + MARK * (overlap(earlier, text) >= THRESHOLD), text
        else:
            text = next(fresh)
            recent[place % RECENT : place % RECENT + 1] = [text]
            yield identifier, text


def _changed(text: str, dice: random.Random) -> str:
    """The text with a word or two more, or with another word at its end."""
    words = text.split()
    words = words[:-1] if dice.random() < 0.5 else words
    return " ".join([*words, *(_word(dice) for _ in range(dice.randint(1, 2)))])


def _fresh(dice: random.Random, phrase: int) -> Iterator[str]:
    from bench.duplicates import town_posts

    posts = town_posts(PHRASES, retweets=False)
    phrases = sorted({" ".join(text.split()[:phrase]) for text in posts})
    words = sorted({_word(dice) for _ in range(2 * VOCABULARY)})[:VOCABULARY]
    dice.shuffle(words)
    weights = [0.0]
    for rank in range(len(words)):
        weights.append(weights[-1] + 1 / (rank + 3))
    while True:
        drawn = dice.choices(words, cum_weights=weights[1:], k=20 * BLOCK)
        for start in range(0, len(drawn), 20):
            yield " ".join((dice.choice(phrases), *drawn[start : start + dice.randint(8, 20)]))


def _word(dice: random.Random) -> str:
    return "".join(dice.choice("bdfglmnprst") + dice.choice("aeiou") for _ in range(dice.randint(2, 4)))


def write(folder: Path, number: int, phrase: int) -> None:
    """A lab with one source of made posts."""
    from glaswerk.core.artifact_files import DOCUMENTS
    from glaswerk.core.document import Document, Rights
    from glaswerk.data.store.parquet import write_documents, write_relations
    from glaswerk.lab import Lab, Spec

    rights = Rights("CC0-1.0", "synthetic")

    def fill(source: Path) -> dict[str, int]:
        documents = (
            Document(i, "posts", text, rights, kind="post") for i, text in made_posts(number, phrase)
        )
        writer = write_documents(source / DOCUMENTS, documents)
        write_relations(source, (), ())
        return {"documents": writer.documents, "bytes": writer.bytes}

    Lab.init(folder).make(
        Spec("source", "posts", "bench/1", config={"posts": number, "phrase": phrase}), fill
    )


def measure(folder: Path, jobs: int) -> Run:
    """Curate the lab's posts in this process."""
    from glaswerk.core.artifact_files import DECISIONS
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.filters import duplicates
    from glaswerk.data.store.parquet import read_rows
    from glaswerk.lab import Lab

    lab, compared, to_pairs = Lab.open(folder), Counter[str](), duplicates.to_pairs

    def counted(found: Sequence[object]) -> Iterator[tuple[int, int]]:
        for pair in to_pairs(found):
            compared["pairs"] += 1
            yield pair

    duplicates.to_pairs = counted
    wall, cpu = time.perf_counter(), _cpu()
    corpus = curate(lab, jobs=jobs)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    peak = max(usage.ru_maxrss for usage in _usages()) * 1024
    rows = read_rows(corpus.path / DECISIONS, ["document", "reason"])
    marked = Counter(row["reason"] for row in rows if row["document"].endswith(MARK))
    decided = corpus.stats["decisions"]
    found = marked["near-duplicate"] + marked["exact-duplicate"]
    return Run(
        corpus.stats["documents"],
        wall,
        cpu,
        peak,
        compared["pairs"],
        decided.get("near-duplicate", 0),
        decided.get("exact-duplicate", 0),
        marked.total(),
        found / max(marked.total(), 1),
    )


def _usages() -> list[resource.struct_rusage]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _cpu() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in _usages())


def run_size(number: int, jobs: int, phrase: int) -> Run:
    """Write and curate in processes of their own; this one stays small, as a child starts with its peak."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.near_duplicates", "--lab", f"{folder}/lab"]
        subprocess.run([*command, "--write", str(number), "--phrase", str(phrase)], check=True)
        made = subprocess.run([*command, "--jobs", str(jobs)], check=True, stdout=subprocess.PIPE)
    return Run(**json.loads(made.stdout))


def exponent(posts: Sequence[int], values: Sequence[float]) -> tuple[float, float]:
    """(k, c) of value = c · posts^k, by least squares on logarithms; k is 1 for a single size."""
    if len(posts) == 1:
        return 1.0, values[0] / posts[0]
    slope, start = linear_regression([math.log(n) for n in posts], [math.log(v) for v in values])
    return slope, math.exp(start)


def plot(runs: Sequence[Run]) -> str:
    """Time and memory against posts as one SVG, both axes logarithmic, with the fitted powers."""
    posts = [run.posts for run in runs]
    panels = [
        _panel(posts, [run.cpu_seconds for run in runs], "CPU seconds", 0),
        _panel(posts, [run.peak_bytes / 1e6 for run in runs], "peak memory, MB", 360),
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" font-family="sans-serif" '
        'font-size="12"><rect width="720" height="300" fill="#fff"/>' + "".join(panels) + "</svg>\n"
    )


def _panel(posts: Sequence[int], values: Sequence[float], name: str, left: int) -> str:
    slope, factor = exponent(posts, values)
    across, up = _axis(posts, 60, 330), _axis(values, 250, 40)
    parts = [f'<text x="60" y="24">{name} ~ posts^{slope:.2f}</text>']
    for n in _decades(posts):
        parts.append(f'<path d="M{across(n):.1f} 40V250" stroke="#ddd"/>')
        parts.append(f'<text x="{across(n):.1f}" y="268" text-anchor="middle">{n:,.0f}</text>')
    for value in _decades(values):
        parts.append(f'<path d="M60 {up(value):.1f}H330" stroke="#ddd"/>')
        parts.append(f'<text x="54" y="{up(value) + 4:.1f}" text-anchor="end">{value:,.10g}</text>')
    ends = (f"{across(n):.1f} {up(factor * n**slope):.1f}" for n in (min(posts), max(posts)))
    parts.append(f'<path d="M{"L".join(ends)}" stroke="#888" stroke-dasharray="4"/>')
    for n, value in zip(posts, values, strict=True):
        words = f"<title>{n:,} posts: {value:,.1f}</title>"
        parts.append(
            f'<circle cx="{across(n):.1f}" cy="{up(value):.1f}" r="4" fill="#1b6ca8">{words}</circle>'
        )
    parts.append('<text x="195" y="288" text-anchor="middle">posts</text>')
    return f'<g transform="translate({left} 0)">{"".join(parts)}</g>'


def _decades(values: Sequence[float]) -> list[float]:
    """The powers of ten around the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def _axis(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    """Where a value stands on an axis of whole decades, in pixels."""
    low, *_, high = map(math.log10, _decades(values))
    return lambda value: start + (math.log10(value) - low) / (high - low) * (end - start)


def row(runs: Sequence[Run]) -> str:
    """The row for bench/README.md."""
    posts = [run.posts for run in runs]
    times, memory = ([getattr(run, name) for run in runs] for name in ("cpu_seconds", "peak_bytes"))
    sizes = ", ".join(f"{n / 1e6:g}" for n in posts)
    cells = [
        f"{datetime.now(UTC):%Y-%m-%d}",
        platform.machine(),
        f"`near_duplicates`: curating {sizes} million made posts, 3 % exact and 2 % near duplicates planted",
        f"{', '.join(f'{value:,.0f}' for value in times)} CPU-s; "
        f"peak {', '.join(f'{value / 1e6:,.0f}' for value in memory)} MB; "
        f"recall {', '.join(f'{run.recall:.4f}' for run in runs)}",
        "none",
        f"time ~ n^{exponent(posts, times)[0]:.2f}, memory ~ n^{exponent(posts, memory)[0]:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--millions", type=float, nargs="+", default=MILLIONS)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--phrase", type=int, default=PHRASE)
    parser.add_argument("--plot", type=Path, default=PLOT)
    parser.add_argument("--lab", type=Path, help="for the processes that this one starts")
    parser.add_argument("--write", type=int, default=0, help="as --lab")
    chosen = parser.parse_args()
    if chosen.lab and chosen.write:
        write(chosen.lab, chosen.write, chosen.phrase)
    elif chosen.lab:
        click.echo(json.dumps(asdict(measure(chosen.lab, chosen.jobs))))
    else:
        sizes = [round(million * 1e6) for million in chosen.millions]
        compare(sizes, chosen.jobs, chosen.phrase, chosen.plot)


def compare(sizes: Sequence[int], jobs: int, phrase: int, target: Path) -> None:
    runs = []
    for number in sorted(sizes):
        runs.append(run := run_size(number, jobs, phrase))
        click.echo(
            f"{run.posts:10,} posts {run.seconds:8,.1f} s {run.cpu_seconds:8,.1f} CPU-s "
            f"{run.peak_bytes / 1e6:7,.0f} MB {run.candidates:10,} pairs {run.near:9,} near "
            f"{run.exact:9,} exact recall {run.recall:.4f} of {run.planted:,}"
        )
    target.write_text(plot(runs))
    click.echo(row(runs))


if __name__ == "__main__":
    main()
