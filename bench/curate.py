"""Read and curate the same posts (language, quality, exact and near duplicates), against datatrove's
pipeline.

    python -m bench.curate                        # 500,000 posts of made-up towns
    python -m bench.curate --posts 20000 --file FILE.jsonl
    pip install datatrove==0.10.1 spacy orjson xxhash tldextract fasteners
                                                  # without datatrove, only our figures are printed

Both read one JSON-lines file that is written beforehand. It has no retweets: curation drops them, so ours
would have less work. One worker each; CPU seconds of the process and its children with all their threads.
Ours adds the file to a lab and curates it (masking of personal data and the report included, which the peer
has not). The peer is the order of FineWeb: language (fastText, the same lid.176.ftz and the same binding as
ours; its own file would have to be downloaded), Gopher quality, MinHash in four stages with our 16 bands of 8
hashes and three-word shingles, which finds exact duplicates, too; its files between the stages are not
compressed. Words are told by its default for English, spaCy's blank tokenizer, which needs no download; as
this takes much of its time, it runs a second time with the words that ours tells by a pattern. Gopher's
limits are made for pages; those for posts here (3 words, 2 to 15 letters a word, no stop words asked for, 30
% hashes or ellipses, half the words with a letter) judge each post and drop few; so does our own probability
of the language, 0.2 for its 0.65. What each keeps differs by its rules: ours takes another name or number for
another fact.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from bench.duplicates import texts_of, town_posts
from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.filters.duplicates import BANDS, PERMUTATIONS, SHINGLE, words_of
from glaswerk.data.references import retweeted_handle
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab

POSTS = 500_000
# Beyond this the posts come from large towns, which are made faster than many small ones.
SMALL = 50_000


def posts_of(file: Path | None, number: int) -> Iterator[str]:
    if file is None:
        yield from town_posts(number, size="large" if number > SMALL else "demo", retweets=False)
        return
    texts = texts_of(file)
    own = (text for text in texts if not retweeted_handle(text))
    yield from (text for text, _ in zip(own, range(number), strict=False))


def write_posts(path: Path, texts: Iterator[str]) -> int:
    """Write the common input, one JSON object with an id per line; returns the number of posts."""
    number = 0
    with path.open("w") as out:
        for number, text in enumerate(texts, start=1):
            out.write(json.dumps({"id": f"{number:09}", "text": text}, ensure_ascii=False) + "\n")
    return number


def cpu_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """(CPU seconds of this process and its finished children, result of `work`)."""
    start = _cpu()
    result = work()
    return _cpu() - start, result


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def ours(file: Path, folder: Path) -> tuple[float, float, int]:
    """(CPU seconds of adding, CPU seconds of curating, documents kept)."""
    lab = Lab.init(folder / "lab")
    adding, _ = cpu_seconds(lambda: add_docs(lab, [file], licence="unknown", kind="post"))
    curating, corpus = cpu_seconds(lambda: curate(lab, languages=["en"], jobs=1))
    return adding, curating, sum(1 for _ in read_rows(corpus.path / DOCUMENTS, ["id"]))


def datatrove(file: Path, folder: Path, words: Any) -> tuple[float, int]:
    """(CPU seconds of the peer's pipeline, documents kept). words: a language, or one of its tokenizers."""
    stages = peer_stages(file, folder, words)
    # Its log of each stage.
    with contextlib.redirect_stderr(io.StringIO()):
        seconds, _ = cpu_seconds(lambda: [stage.run() for stage in stages])
    kept = sum(path.read_bytes().count(b"\n") for path in (folder / "kept").glob("*.jsonl"))
    return seconds, kept


def peer_stages(file: Path, folder: Path, words: Any) -> list[Any]:
    """The pipeline of datatrove's example `minhash_deduplication.py`, preceded by the filters."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.filters import GopherQualityFilter
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    config = MinhashConfig(n_grams=SHINGLE, num_buckets=BANDS, hashes_per_bucket=PERMUTATIONS // BANDS)
    named = {
        name: str(folder / name) for name in ("judged", "signatures", "buckets", "remove", "kept", "logs")
    }
    quality = GopherQualityFilter(
        min_doc_words=3,
        min_avg_word_length=2,
        max_avg_word_length=15,
        max_symbol_word_ratio=0.3,
        max_ellipsis_lines_ratio=None,
        max_non_alpha_words_ratio=0.5,
        min_stop_words=0,
        language=words,
    )
    judging = [
        JsonlReader(str(file.parent), glob_pattern=file.name),
        language_filter(),
        quality,
        JsonlWriter(named["judged"], output_filename="${rank}.jsonl", compression=None),
    ]
    judged = JsonlReader(named["judged"], compression=None)
    stages: list[tuple[list[Any], int]] = [
        (judging, 1),
        ([judged, MinhashDedupSignature(named["signatures"], config=config, language=words)], 1),
        ([MinhashDedupBuckets(named["signatures"], named["buckets"], config=config)], BANDS),
        ([MinhashDedupCluster(named["buckets"], named["remove"], config=config)], 1),
        (
            [
                JsonlReader(named["judged"], compression=None),
                MinhashDedupFilter(named["remove"]),
                JsonlWriter(named["kept"], output_filename="${rank}.jsonl", compression=None),
            ],
            1,
        ),
    ]
    return [
        LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{named['logs']}/{number}")
        for number, (steps, tasks) in enumerate(stages)
    ]


def own_words() -> Any:
    """A tokenizer for datatrove that splits words as ours does."""
    from datatrove.utils.word_tokenizers import WordTokenizer

    class Words(WordTokenizer):
        def word_tokenize(self, text: str) -> list[str]:
            return words_of(text)

        def sent_tokenize(self, text: str) -> list[str]:
            raise NotImplementedError

        def span_tokenize(self, text: str) -> list[tuple[int, int]]:
            raise NotImplementedError

    return Words()


def language_filter() -> Any:
    """datatrove's language filter for English, with the model that our package includes."""
    import numpy as np
    from datatrove.pipeline.filters import LanguageFilter
    from datatrove.utils.lid import FT176LID

    from glaswerk.data.language import load_model

    class Model:
        """The binding that we use returns floats, datatrove wants an array."""

        def predict(self, text: str, k: int) -> tuple[Any, Any]:
            labels, values = load_model().predict(text, k)
            return labels, np.array(values)

    class Shipped(FT176LID):
        model = Model()  # type: ignore[assignment]

    # fasttext-predict is the same library without its training, under another name.
    LanguageFilter._requires_dependencies = []
    found = LanguageFilter(languages=["en"], language_threshold=CurateConfig.language_probability)
    found.model = Shipped(["en"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "input").mkdir()
        file = folder / "input" / "posts.jsonl"
        posts = write_posts(file, posts_of(chosen.file, chosen.posts))
        adding, curating, kept = ours(file, folder)
        both = adding + curating
        click.echo(f"{posts:,} posts, {file.stat().st_size / 1e6:,.0f} MB")
        click.echo(
            f"ours      {posts / both:9,.0f} posts/CPU-s  {kept:9,} kept  "
            f"(adding {adding:,.1f} s, curating {curating:,.1f} s)"
        )
        if importlib.util.find_spec("datatrove") is None:
            return
        for name, words in (("datatrove", "eng"), ("our words", own_words())):
            peer, peer_kept = datatrove(file, folder / name, words)
            click.echo(
                f"{name} {posts / peer:9,.0f} posts/CPU-s  {peer_kept:9,} kept  ({peer:,.1f} s)  "
                f"ratio {peer / both:.2f}"
            )


if __name__ == "__main__":
    main()
