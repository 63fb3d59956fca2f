"""A short run of the whole path on real posts and texts, where they lie beside the checkout."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

from glaswerk.lab import Lab

DATA = Path(os.environ.get("GLASWERK_DATA", Path(__file__).parents[2] / "shared" / "data"))
SETS = {
    "broad_twitter_corpus": ("tweets/broad_twitter_corpus/broad_twitter_corpus.jsonl.zst", "post"),
    "potts_de": ("tweets/potts_de/potts_de.jsonl.zst", "post"),
    "children_stories_en": ("text/children_stories_en/children_stories_en.jsonl.zst", "book"),
}


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the real data sets are not beside the checkout")
def test_real_posts_and_stories_go_all_the_way_to_a_model_that_compresses_them(tmp_path: Path) -> None:
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.source import add_docs
    from glaswerk.evaluate import evaluate
    from glaswerk.tokenizer import pack, train_tokenizer
    from glaswerk.trace import Tracer, build
    from glaswerk.train import TrainConfig, train

    lab = Lab.init(tmp_path, "real")
    for name, (path, kind) in SETS.items():
        add_docs(lab, [DATA / path], licence="see SOURCE.txt", acquired="public", name=name, kind=kind)
    corpus = curate(lab)
    assert sum(corpus.stats["decisions"].values()) == corpus.stats["documents"]
    assert {"en", "de"} <= set(corpus.stats["languages"])
    train_tokenizer(lab)
    shards = pack(lab)
    model = train(lab, TrainConfig(size="300K", epochs=0.3))
    report = evaluate(lab, model, limit=40)
    curve = model.stats["bits_per_byte"]
    assert curve[-1][1] < curve[0][1] < 8
    assert math.isfinite(curve[-1][1])
    assert (report.path / "report.html").exists()
    found = Tracer.open(lab, build(lab, shards)).trace("Once upon a time there was a man who had a dog.")
    assert found.spans
