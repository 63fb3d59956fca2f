"""Too little data is said with its figures, and enough data is not commented on."""

from __future__ import annotations

from glaswerk.plan.enough import corpus_warnings, data_warnings


def test_the_demos_proportions_suffice() -> None:
    assert data_warnings(2_100_000, 1_110_000, 5.0, 8192) == []
    assert corpus_warnings(4_000_000) == []


def test_less_than_one_step_is_said_with_both_figures() -> None:
    words = " ".join(data_warnings(5_000, 786, 8.0, 4096))
    assert "786 tokens" in words
    assert "4,096 of one step" in words


def test_few_tokens_for_each_parameter_name_a_size_that_fits() -> None:
    (words,) = data_warnings(2_000_000, 100_000, 8.0, 4096)
    assert "0.05 for each of 2,000,000 parameters" in words
    assert "--size 1000000" in words
    assert data_warnings(1_000_000, 100_000, 8.0, 4096) == []


def test_many_passes_are_said() -> None:
    (words,) = data_warnings(1_000_000, 1_000_000, 40.0, 4096)
    assert "40 passes" in words
    assert data_warnings(1_000_000, 1_000_000, 16.0, 4096) == []


def test_everything_at_once_is_said_at_once() -> None:
    assert len(data_warnings(2_000_000, 786, 20.0, 4096)) == 3


def test_a_corpus_is_judged_for_the_default_network() -> None:
    (words,) = corpus_warnings(3_144)
    assert "3,144 bytes" in words
    assert "about 786 tokens" in words
    assert corpus_warnings(800_000) == []
