"""Encode the demo town's posts with our encoder (tiktoken), against the `tokenizers` library; same ids.

python -m bench.encode
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import click
from tokenizers import Tokenizer as HuggingFaceTokenizer

from bench.trace import demo_lab
from glaswerk.data.store.corpus import read_documents
from glaswerk.tokenizer import Tokenizer

ROUNDS = 7


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lab = demo_lab(Path(folder))
        texts = [d.text for d in read_documents(lab.path("corpus", "main"), "train")]
        path = lab.path("tokenizer", "main")
        own, peer = Tokenizer.load(path), HuggingFaceTokenizer.from_file(str(path / "tokenizer.json"))
        ratios, rates = [], []
        for _ in range(ROUNDS):
            clock = time.perf_counter()
            ids = own.encode_many(texts)
            middle = time.perf_counter()
            reference = peer.encode_batch_fast(texts, add_special_tokens=False)
            end = time.perf_counter()
            ratios.append((end - middle) / (middle - clock))
            rates.append(sum(map(len, ids)) / (middle - clock))
    assert ids == [encoding.ids for encoding in reference]
    click.echo(f"ours {statistics.median(rates):,.0f} tokens/s, {statistics.median(ratios):.2f} × tokenizers")


if __name__ == "__main__":
    main()
