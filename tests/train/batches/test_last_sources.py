"""Sources that come last: only in the last part of a run, priced and retrained from where it begins."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.rerun.exposure import learnt
from glaswerk.rerun.first_seen import Sightings
from glaswerk.rerun.options import affected
from glaswerk.rerun.order import ORDER, order_of
from glaswerk.rerun.rebuild import rebuild
from glaswerk.rerun.reproduce import lineage, prepare, reproduce
from glaswerk.rerun.retrain import retrain
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train import TrainConfig, train
from glaswerk.train.batches.last_sources import LAST, Last, LastSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.checkpoint.policy import Keep, written_steps
from glaswerk.train.plan import plan
from tests.support.ctrl_c import press

CONFIG = TrainConfig(
    size="100K", epochs=2.0, context=64, batch_tokens=512, precision="fp32", patience=0, last=("members",)
)
WORDS = ["mill", "ford", "chapel", "quarry", "bakery", "tannery", "harbour", "orchard", "school", "dairy"]


def _rows(source: str, count: int) -> Iterator[dict[str, str]]:
    chance = np.random.default_rng(len(source))
    for number in range(count):
        words = " ".join(chance.choice(WORDS, 24))
        author = f"{source}-{number % 4}"
        yield {"id": f"{source}{number}", "author": author, "text": f"Letter {number} of {author}: {words}."}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with a run that had its source `members` last. Read only."""
    root = tmp_path_factory.mktemp("last")
    lab = Lab.init(root / "lab")
    for source, count in (("archive", 160), ("members", 24), ("papers", 40)):
        file = root / f"{source}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in _rows(source, count)))
        add_docs(lab, [file], licence="CC0-1.0", acquired="own", name=source)
    settings = lab.root / "lab.toml"
    settings.write_text(settings.read_text() + "\n[curate]\nnear_duplicate = 1.0\n")
    lab.ledger.close()
    lab = Lab.open(lab.root)
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(384))
    pack(lab)
    train(lab, CONFIG)
    lab.ledger.close()
    return lab.root


@pytest.fixture
def lab(made: Path, tmp_path: Path) -> Iterator[Lab]:
    """A copy that a test may change."""
    opened = Lab.open(shutil.copytree(made, tmp_path / "lab"))
    yield opened
    opened.ledger.close()


def _base(lab: Lab) -> Artifact:
    found = lab.latest("model", "base")
    assert found is not None
    return found


def _forget(lab: Lab, kind: Any, name: str) -> None:
    Forgotten.read(lab.root).with_more([Tombstone(kind, name)]).write(lab.root)
    rebuild(lab)


def _documents(lab: Lab) -> list[str]:
    return Shards.open(lab.path("shards", "main.main")).spans("train")[0]


def _steps_with(lab: Lab, model: Artifact, source: str) -> list[int]:
    order = order_of(lab, model)
    assert order is not None
    steps = range(model.stats["steps"])
    return [step for step in steps if any(source in span.document for span in order.spans(step))]


def test_the_last_sources_are_in_every_step_of_the_last_part_and_in_none_before(lab: Lab) -> None:
    base = _base(lab)
    at, steps = base.config[LAST]["at"], base.stats["steps"]
    assert 0 < at < steps
    assert _steps_with(lab, base, "members") == list(range(at, steps))
    # The others are replayed beside them, so that the model does not forget.
    assert {*_steps_with(lab, base, "archive"), *_steps_with(lab, base, "papers")} == set(range(steps))


def test_every_document_is_seen_in_as_many_epochs_as_were_asked_for(lab: Lab) -> None:
    base = _base(lab)
    sightings = Sightings(lab, base).of(_documents(lab))
    for name, (seen,) in sightings.items():
        assert seen.epochs >= CONFIG.epochs
        if "members" in name:
            assert seen.first_step >= base.config[LAST]["at"]


def test_each_step_had_the_tokens_that_its_order_tells(lab: Lab) -> None:
    base = _base(lab)
    order = order_of(lab, base)
    assert isinstance(order, LastSampler)
    tokens = [row["tokens"] for row in read_rows(lab.run_folder(base.id))]
    assert [order.batch(step).tokens for step in range(len(tokens))] == tokens
    assert TouchedSteps.of(order, order.documents, len(tokens)).tokens.tolist() == tokens
    walked = [sum(span.end - span.start for span in order.spans(step)) for step in range(len(tokens))]
    assert walked == tokens


def test_a_rebuild_without_one_of_its_authors_is_priced_from_where_the_last_part_begins(lab: Lab) -> None:
    base = _base(lab)
    at, steps = base.config[LAST]["at"], base.stats["steps"]
    assert written_steps(lab.run_folder(base.id)) == [at], "kept without being asked for"
    documents = {row["id"] for row in _rows("members", 24) if row["author"] == "members-1"}
    names = {name for name in _documents(lab) if name.rpartition(":")[2] in documents}
    (found,) = affected(lab, names)
    assert found.documents == len(documents)
    assert [(option.name, option.start, option.steps) for option in found.options] == [
        ("rebuild", at, steps - at),
        ("replay", at, steps - at),
        ("keep", 0, 0),
    ]


@pytest.mark.parametrize("how", ["rebuild", "replay"])
@pytest.mark.parametrize(("kind", "name"), [("author", "members-1"), ("source", "members")])
def test_what_is_made_anew_goes_on_from_there_and_sees_nothing_of_it(
    lab: Lab, how: str, kind: str, name: str
) -> None:
    base = _base(lab)
    at = base.config[LAST]["at"]
    gone = set(_documents(lab))
    _forget(lab, kind, name)
    gone -= set(_documents(lab))
    new = retrain(lab, base, how)
    assert new.config[ORDER]["at"] == at
    touch = touched_steps(lab, new, gone)
    assert touch is not None
    assert touch.total == 0
    rows = read_rows(lab.run_folder(new.id)), read_rows(lab.run_folder(base.id))
    assert [row["loss"] for row in rows[0][:at]] == [row["loss"] for row in rows[1][:at]]
    left = _steps_with(lab, new, "members")
    assert bool(left) == (kind == "author")
    assert all(step >= at for step in left)


def test_a_rebuild_from_the_first_step_has_the_others_last_and_keeps_the_checkpoint_there(lab: Lab) -> None:
    base = _base(lab)
    _forget(lab, "author", "archive-2")
    new = retrain(lab, base, "rebuild")
    at = base.config[LAST]["at"]
    assert (new.config[LAST]["at"], new.config.get(ORDER)) == (at, None)
    assert _steps_with(lab, new, "members") == list(range(at, new.stats["steps"]))
    assert written_steps(lab.run_folder(new.id)) == [at]


def test_it_is_reproduced_with_the_same_digests(lab: Lab, tmp_path: Path) -> None:
    base, folder = _base(lab), tmp_path / "again"
    prepare(lab, base, folder)
    new = Lab.open(folder)
    assert [row.differs for row in reproduce(lab, new, lineage(lab, base))] == [""] * 7
    new.ledger.close()


def test_a_run_that_was_stopped_in_its_last_part_ends_as_one_that_was_not(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = _base(lab)
    at = base.config[LAST]["at"]
    lab.remove(base)
    shutil.rmtree(lab.run_folder(base.id))
    plain = LastSampler.batch

    def stopping(self: LastSampler, step: int) -> Any:
        if step == at + 1:
            press()
        return plain(self, step)

    with monkeypatch.context() as patched:
        patched.setattr(LastSampler, "batch", stopping)
        with pytest.raises(Interrupted):
            train(lab, CONFIG)
    again = train(lab, CONFIG)
    assert (again.id, again.digest) == (base.id, base.digest)


def test_a_finished_run_is_returned_where_its_checkpoints_are_gone(lab: Lab) -> None:
    base = _base(lab)
    shutil.rmtree(lab.run_folder(base.id))
    assert train(lab, CONFIG) == base
    with pytest.raises(GlaswerkError, match="kept no checkpoint of step 2 "):
        train(lab, CONFIG, keep=Keep(steps=(2,)))


def test_what_the_ledger_counts_has_the_others_that_were_replayed(lab: Lab) -> None:
    base, names = _base(lab), _documents(lab)
    for source in ("archive", "members"):
        chosen = {name for name in names if source in name}
        touch = touched_steps(lab, base, chosen)
        assert touch is not None
        assert learnt(lab, base, chosen).seen == pytest.approx(touch.total, rel=0.08)


def test_more_ranks_than_the_last_part_has_rows_are_refused_before_the_run_begins(lab: Lab) -> None:
    order = order_of(lab, _base(lab))
    assert isinstance(order, LastSampler)
    order.check_ranks(4)
    with pytest.raises(GlaswerkError, match=r"last has 8 rows, .* among 5 data-parallel ranks") as told:
        order.check_ranks(5)
    assert told.value.hint == "--batch-tokens 320"
    with pytest.raises(GlaswerkError, match="among 16 data-parallel ranks") as told:
        order.check_ranks(16)
    assert "fewer ranks" in str(told.value.hint)


def test_without_the_option_a_run_is_the_one_that_it_was(lab: Lab) -> None:
    shards = Shards.open(lab.path("shards", "main.main"))
    packed = lab.need("shards", "main.main", hint="")
    assert Last.of(lab, packed, ()) is None
    planned = plan(shards, TrainConfig(size="100K", epochs=2.0, context=64, batch_tokens=512))
    assert (planned.last, planned.loop.branch_at) == (None, 0)


def test_names_that_cannot_come_last_are_told_what_there_is(lab: Lab) -> None:
    packed = lab.need("shards", "main.main", hint="")
    with pytest.raises(GlaswerkError, match=r"\(archive, members, papers\): 'nobody' is none"):
        Last.of(lab, packed, ["members", "nobody"])
    with pytest.raises(GlaswerkError, match="all of them cannot come last"):
        Last.of(lab, packed, ["members", "archive", "papers"])
    with pytest.raises(GlaswerkError, match="--branch leaves a run before its last part"):
        plan(Shards.open(packed.path), TrainConfig(last=("members",), branch=3))


def test_sources_apart_in_the_file_are_parted_rightly() -> None:
    ends = np.arange(1, 7) * 5
    stream = Stream("train", list("abcdef"), np.arange(31), ends - 4, ends, 0)
    last = Last(("x", "y"), ((1, 2), (4, 6)))
    others, own = last.parts(stream)
    assert (others.documents, own.documents) == (list("acd"), list("bef"))
    assert own.read(int(own.starts[1]), 3)[0].tolist() == stream.read(int(stream.starts[4]), 3)[0].tolist()
    assert Last.from_json(json.loads(json.dumps(last.to_json()))) == last
