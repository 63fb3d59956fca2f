"""What `glaswerk make` makes of the content beside passages: vectors of sentences, and a trained model."""

from __future__ import annotations

from typing import Any

from glaswerk.cli.continuing import show_held_out
from glaswerk.cli.echo import echo
from glaswerk.core.progress import clock_time
from glaswerk.lab import Artifact, Lab

# Sentences of a passage, and those that are embedded in a CPU-second.
_SENTENCES, _RATE = 5, 100
# Seconds that `make` spends on vectors without being asked.
_PATIENCE = 180
# Bytes of text a token, from which the amount is guessed before a tokenizer is chosen.
_BYTES = 4
# Tokens below which a text is soon known by heart and teaches little: a rule of thumb, not measured.
ENOUGH = 200_000
# Tokens a parameter that a model from scratch needs (docs/scaling.md), and the smallest that speaks.
_EACH, _SMALLEST = 20, 10_000_000
# Rank of the adapter that is trained and merged.
_RANK = 16


def embedded(lab: Lab, passages: Artifact) -> int | None:
    """Sentences with vectors; None if their package is missing, or if they would take minutes."""
    from glaswerk.retrieve.embedder import is_installed
    from glaswerk.retrieve.vectors import build_vectors

    if not is_installed():
        return None
    seconds = passages.stats.get("passages", 0) * _SENTENCES / _RATE
    # Where there were some, most sentences are known.
    if seconds > _PATIENCE and lab.find("vectors", passages.name) is None:
        echo(
            f"vectors of sentences would take about {clock_time(seconds)}: "
            f"glaswerk index --vectors --lab {lab.root}, while the page is open",
            err=True,
        )
        return None
    return int(build_vectors(lab, passages).stats["sentences"])


def trained(lab: Lab, speaker: Artifact, corpus: Artifact) -> Artifact:
    """The speaker, trained further on the corpus by an adapter that is merged. Resumes after Ctrl-C."""
    from glaswerk.tokenizer import pack
    from glaswerk.train.continued import ContinueConfig, continue_training, plan_continued

    name = speaker.name.partition("/")[0]
    config = ContinueConfig(lora=_RANK)
    pack(lab, corpus=corpus.name, tokenizer=name)
    planned: dict[str, Any] = plan_continued(lab, config, base=name, corpus=corpus.name).to_json()
    echo(f"training {name} on {planned['tokens']:,} tokens: about {clock_time(planned['seconds'])}", err=True)
    made = continue_training(lab, config, base=name, corpus=corpus.name)
    show_held_out(made, config)
    return made


def advice(size: int, model: str) -> str:
    """What `size` bytes of text are enough for."""
    tokens = size // _BYTES
    if tokens < ENOUGH:
        return f"about {tokens:,} tokens: too few to train on (from {ENOUGH:,}); quotes serve them better"
    further = f"the same command with --train trains {model} on them"
    if (scratch := tokens // _EACH) >= _SMALLEST:
        further += f"; enough for a model of your own of {scratch:,} parameters: glaswerk plan"
    return f"about {tokens:,} tokens: {further}"
