"""Near-duplicate candidates among posts of made-up towns, against datasketch on the same three-word shingles.

    python -m bench.duplicates                   # 20,000 posts of two towns
    python -m bench.duplicates --file FILE       # texts of a .jsonl or .jsonl.zst file instead
    pip install datasketch                       # without it, only our figures are printed

Both use 128 permutations and 16 bands of 8 rows. Ours omits names and numbers from the band keys here (they
reduce the candidates), so that the work is the same. CPU seconds of one thread. A candidate counts as found
if the overlap of the shingles is 0.85 or more, so that recall is comparable.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import click
import numpy as np

from glaswerk.data.dialogues.records import read_records
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.filters.duplicates import BANDS, PERMUTATIONS, candidates, features, shingles, words_of

ROUNDS, POSTS, THRESHOLD = 3, 20_000, 0.85
Pairs = set[tuple[int, int]]


def town_posts(number: int, *, size: str = "demo", retweets: bool = True) -> list[str]:
    """Posts of as many towns as needed, with replies and, on request, retweets."""
    from glaswerk.data.source import add_posts
    from glaswerk.data.store.parquet import read_rows
    from glaswerk.lab import Lab
    from glaswerk.town import write_town

    texts: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        lab, seed = Lab.init(Path(folder) / "lab"), 0
        while len(texts) < number:
            town = Path(folder) / f"town-{seed}"
            write_town(town, size=size, seed=seed)
            made = add_posts(lab, [town / "archives"], licence="CC0-1.0", name=f"posts-{seed}")
            rows = read_rows(made.path / "documents.parquet", ["text", "retweet_of"])
            texts += [row["text"] for row in rows if retweets or not row["retweet_of"]]
            seed += 1
    return texts[:number]


def texts_of(file: Path) -> Iterator[str]:
    """The texts in a file of JSON lines or Parquet."""
    rows = read_records(InputFile(file, file.name), IngestCounts(), tolerant=False)
    return (row["text"] for _, _, row in rows if row.get("text"))


def ours(texts: list[str]) -> Pairs:
    digests, guards = features(texts)
    return set(candidates(digests, np.zeros_like(guards)))


def datasketch(texts: list[str]) -> Pairs:
    library = importlib.import_module("datasketch")
    index = library.MinHashLSH(params=(BANDS, PERMUTATIONS // BANDS), num_perm=PERMUTATIONS)
    pairs: Pairs = set()
    rows = [[word.encode() for word in shingles(words_of(text))] for text in texts]
    for number, sketch in enumerate(library.MinHash.generator(rows, num_perm=PERMUTATIONS, seed=1)):
        pairs.update((earlier, number) for earlier in index.query(sketch))
        index.insert(number, sketch, check_duplication=False)
    return pairs


def found(pairs: Pairs, texts: list[str]) -> int:
    """Texts that are near duplicates of an earlier one: candidates in `pairs` with enough real overlap."""
    sets = [set(shingles(words_of(text))) for text in texts]
    return len({b for a, b in pairs if len(sets[a] & sets[b]) >= THRESHOLD * len(sets[a] | sets[b])})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", type=Path)
    parser.add_argument("--posts", type=int, default=POSTS)
    chosen = parser.parse_args()
    found = islice(texts_of(chosen.file), chosen.posts) if chosen.file else town_posts(chosen.posts)
    texts = [text for text in found if words_of(text)]
    runs: dict[str, Callable[[list[str]], Pairs]] = {"ours": ours}
    if importlib.util.find_spec("datasketch"):
        runs["datasketch"] = datasketch
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    duplicates = {}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            clock = time.process_time()
            pairs = run(texts)
            seconds[name].append(time.process_time() - clock)
            duplicates[name] = pairs
    for name, times in seconds.items():
        rate = len(texts) / statistics.median(times)
        click.echo(
            f"{name:12} {rate:10,.0f} posts/CPU-s  {found(duplicates[name], texts):8,} near duplicates"
        )
    if "datasketch" in seconds:
        ratio = statistics.median(seconds["datasketch"]) / statistics.median(seconds["ours"])
        click.echo(f"ratio ours / datasketch {ratio:.2f}")


if __name__ == "__main__":
    main()
