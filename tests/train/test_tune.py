"""Chat tuning: how long a row may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.rerun.order import order_of
from glaswerk.tokenizer import Shards
from glaswerk.train import TuneConfig, tune
from glaswerk.train.tune import chat_sampler


@pytest.mark.parametrize(
    ("most", "asked", "batch", "length"),
    [
        (8192, 0, 2048, 1024),
        (8192, 0, 512, 512),
        (256, 0, 2048, 256),
        (8192, 4096, 2048, 4096),
        (8192, 2048, 8192, 2048),
    ],
)
def test_a_row_is_as_long_as_asked_else_the_models_context_up_to_a_thousand(
    most: int, asked: int, batch: int, length: int, lab: Lab
) -> None:
    packed = lab.find("shards", "main.main")
    assert packed is not None
    config = TuneConfig(context=asked, batch_tokens=batch)
    assert chat_sampler(Shards.open(packed.path), config, most).length == length


def test_the_order_of_short_rows_is_recomputed_and_the_default_has_no_new_setting(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    made = tune(lab, TuneConfig(epochs=0.1, context=32, batch_tokens=256), base="base", name="short")
    assert made.config["context"] == 32
    order = order_of(lab, made)
    assert order is not None
    assert max(span.end - span.start for span in order.spans(0)) <= 32
    before = lab.latest("model", "chat")
    assert before is not None
    assert "context" not in before.config
    assert tune(lab, TuneConfig(epochs=1.0)).id == before.id


@pytest.mark.parametrize("asked", [257, 7])
def test_rows_that_the_base_was_not_made_for_are_refused(asked: int, lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match=f"from 8 to 256.*found {asked}") as error:
        tune(lab, TuneConfig(context=asked))
    assert error.value.hint == "--context 256"


def test_answers_that_were_cut_off_say_how_to_make_room(own_lab: Path) -> None:
    words = ["tune", "--epochs", "0.1", "--context", "16", "--name", "short", "--lab", str(own_lab)]
    found = CliRunner().invoke(cli, words)
    assert found.exit_code == 0, found.output
    assert "do not fit into rows of 16 tokens" in found.stderr
    assert "glaswerk tune --context, up to 256, makes them longer" in found.stderr
