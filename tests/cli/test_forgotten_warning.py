"""Before a model answers, a user is told if it learned content that was forgotten since."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glaswerk.cli.forgotten_warning import warn_of_forgotten
from glaswerk.lab import Artifact, Lab

Make = Callable[..., Artifact]


@pytest.fixture
def models(make: Make) -> list[Artifact]:
    """An old and a new chat model, and a new base model."""
    stages = [("chat/step-1", "chat"), ("chat/step-2", "chat"), ("base/step-3", "pretrain")]
    return [make("model", name, stage=stage, n=n) for n, (name, stage) in enumerate(stages)]


def expose(lab: Lab, model: Artifact, documents: int, *, certain: bool = True) -> None:
    values = (model.id, "now", documents, documents * 9, documents * 18, int(certain), 0)
    with lab.ledger.transaction() as db:
        db.execute("INSERT INTO exposure VALUES (?,?,?,?,?,?,?)", values)


def warning(lab: Lab, model: Artifact, capsys: pytest.CaptureFixture[str]) -> str:
    warn_of_forgotten(lab, model)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_a_model_that_was_never_counted_or_learned_nothing_warns_of_nothing(
    empty_lab: Lab, models: list[Artifact], capsys: pytest.CaptureFixture[str]
) -> None:
    assert warning(empty_lab, models[0], capsys) == ""
    expose(empty_lab, models[0], 0)
    assert warning(empty_lab, models[0], capsys) == ""


def test_the_newest_model_of_the_same_stage_that_did_not_learn_it_is_named(
    empty_lab: Lab, models: list[Artifact], capsys: pytest.CaptureFixture[str]
) -> None:
    for model, documents in zip(models, (1234, 0, 0), strict=True):
        expose(empty_lab, model, documents)
    words = warning(empty_lab, models[0], capsys)
    assert words == (
        "warning: chat/step-1 was trained on 1,234 forgotten documents; --model chat/step-2 was not\n"
    )


@pytest.mark.parametrize(("documents", "certain"), [(5, True), (0, False)])
def test_a_model_that_learned_it_too_or_may_have_is_not_recommended(
    empty_lab: Lab,
    models: list[Artifact],
    capsys: pytest.CaptureFixture[str],
    documents: int,
    certain: bool,
) -> None:
    expose(empty_lab, models[0], 3)
    expose(empty_lab, models[1], documents, certain=certain)
    expose(empty_lab, models[2], 0)
    assert "glaswerk what-if says what removing them takes" in warning(empty_lab, models[0], capsys)
