"""Held-out text: a bounded sample of every source, whole documents, figures that the engine agrees with."""

from __future__ import annotations

import numpy as np
import pytest

from glaswerk.data.store.corpus import read_documents
from glaswerk.evaluate.bits import document_bits
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train import TrainConfig
from glaswerk.train.batches.sources import Mixture, sources_of
from glaswerk.train.plan import sampler_of
from glaswerk.train.report.validation import Validation, validation_tokens

CONTEXT = 256


@pytest.fixture
def packed(lab: Lab) -> Artifact:
    return lab.need("shards", "main.main", hint="")


@pytest.fixture
def engine(lab: Lab) -> Engine:
    base = lab.latest("model", "base")
    assert base is not None
    return Engine.load(base.path)


def _validation(lab: Lab, packed: Artifact, tokens: int) -> Validation:
    shards, tokenizer = Shards.open(packed.path), Tokenizer.load(lab.path("tokenizer", "main"))
    return Validation(shards, tokenizer, CONTEXT, sources_of(lab, packed, "validation"), tokens=tokens)


def test_bits_of_posts_equal_those_that_the_trust_report_measures(
    lab: Lab, packed: Artifact, engine: Engine
) -> None:
    found = _validation(lab, packed, 10**9)(engine.model)["validation"]["sources"]["posts"]
    texts = [d.text for d in read_documents(lab.path("corpus", "main"), "validation") if d.source == "posts"]
    assert max(len(engine.tokenizer.encode(text)) for text in texts) < CONTEXT
    bits, size = sum(document_bits(engine, texts)), sum(len(text.encode()) for text in texts)
    assert found["value"] == pytest.approx(bits / size, abs=1e-4)
    assert found["documents"] == len(texts)
    assert found["low"] < found["value"] < found["high"]


def test_a_sample_is_bounded_has_every_source_and_is_the_same_each_time(
    lab: Lab, packed: Artifact, engine: Engine
) -> None:
    small, again = _validation(lab, packed, 1500), _validation(lab, packed, 1500)
    found = small(engine.model)
    assert found == again(engine.model)
    assert set(found["validation"]["sources"]) == {"posts", "gazette"}
    taken = sum(batch.tokens for batch, _ in small._batches)
    assert taken <= 1500 + 2 * (1500 / 2 / 4 + CONTEXT)
    whole = _validation(lab, packed, 10**9)(engine.model)
    assert whole["validation"]["all"]["documents"] > found["validation"]["all"]["documents"]


def test_all_sources_together_are_weighed_by_their_tokens(lab: Lab, packed: Artifact, engine: Engine) -> None:
    found = _validation(lab, packed, 10**9)(engine.model)["validation"]
    values = [part["value"] for part in found["sources"].values()]
    assert min(values) < found["all"]["value"] < max(values)


def test_nothing_held_out_is_no_figure(lab: Lab, packed: Artifact, engine: Engine) -> None:
    shards, tokenizer = Shards.open(packed.path), engine.tokenizer
    assert Validation(shards, tokenizer, CONTEXT, None, tokens=1000)(engine.model) == {}


def test_a_validation_takes_its_share_of_the_run_within_bounds() -> None:
    assert validation_tokens(10**5) == 8192
    assert validation_tokens(10**7) == 30_000
    assert validation_tokens(10**12) == 262_144


def test_the_mixture_of_an_epoch_counts_every_token_of_every_source(lab: Lab, packed: Artifact) -> None:
    shards = Shards.open(packed.path)
    sampler = sampler_of(shards, TrainConfig(context=CONTEXT), 4)
    sources = sources_of(lab, packed, "train")
    mixture = Mixture(sources)
    steps = int(sampler.steps_per_epoch)
    for step in range(steps):
        mixture.add(sampler.spans(step))
    seen = sum(sampler.batch(step).tokens for step in range(steps))
    assert sum(mixture.counts().values()) == seen
    identifiers, starts, ends = shards.spans("train")
    of = {d.id: d.source for d in read_documents(lab.path("corpus", "main"), "train")}
    sizes: dict[str, int] = {}
    for identifier, size in zip(identifiers, (ends - starts + 1).tolist(), strict=True):
        sizes[of[identifier]] = sizes.get(of[identifier], 0) + size
    # The last, broken step of the epoch is not among them.
    for name, count in mixture.counts().items():
        assert count == pytest.approx(sizes[name], abs=4 * CONTEXT)
    assert np.array_equal(starts, sources.starts)
