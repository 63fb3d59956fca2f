"""What it would take, for each model, to be without some documents: its options and their costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED
from glaswerk.lineage.walk import base_id
from glaswerk.rerun.chain import Chain, retraining_chain
from glaswerk.rerun.exposure import learnt
from glaswerk.rerun.order import TUNED_ON, model_of, stage_of
from glaswerk.rerun.span_counts import Learnt
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps
from glaswerk.tokenizer import Shards
from glaswerk.train.checkpoint.policy import written_steps


@dataclass(frozen=True, slots=True)
class Option:
    """One option and its cost.

    `start`: the step to resume from, 0 for the beginning; `tokens`: to train on; `seconds`: estimated from
    the speed of the old runs; `price`: None if no price per hour is given.
    """

    name: str
    start: int
    steps: int
    tokens: int
    seconds: float
    price: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Affected:
    """A model that learnt from the documents, itself or through its base.

    `own`: the steps of its own run that saw them; None if only its base saw them, or if that is unknown
    (then `certain` is False). `tokens_seen`: tokens times epochs, over all of its stages.
    """

    model: Artifact
    base: str
    documents: int
    tokens: int
    tokens_seen: int
    certain: bool
    own: TouchedSteps | None
    options: tuple[Option, ...]

    def to_json(self) -> dict[str, Any]:
        """The row of `glaswerk what-if --json`; fields of steps are None if its own run saw nothing."""
        stats, own = self.model.stats, self.own
        steps = int(stats.get("steps", 0))
        seen: dict[str, Any] = {"first_step": None, "steps_touched": None, "tokens_in_steps": None}
        if own is not None:
            seen = {"first_step": own.first, "steps_touched": own.steps, "tokens_in_steps": own.total}
        return {
            "name": self.model.name,
            "id": self.model.id,
            "stage": stage_of(self.model),
            "base": self.base,
            "documents": self.documents,
            "tokens": self.tokens,
            "tokens_seen": self.tokens_seen,
            "epochs": stats.get("epochs"),
            "steps": steps,
            **seen,
            "share_of_steps": own.steps / steps if own is not None and steps else None,
            "share_of_tokens": own.total / max(int(stats["tokens"]), 1) if own is not None else None,
            "certain": self.certain,
            "options": [asdict(option) for option in self.options],
        }


def affected(lab: Lab, documents: Collection[str], *, price_per_hour: float = 0.0) -> Iterator[Affected]:
    """Every model of the lab that learnt from `documents`, oldest first, with its options.

    `price_per_hour`: of training, in any currency; 0 leaves prices out.
    """
    for model in lab.all("model"):
        chain = retraining_chain(lab, model, documents)
        found = learnt(lab, model, documents, chain)
        if found.documents or not found.certain:
            base = model_of(lab, base_id(model.inputs))
            own = chain[-1][1] if chain else touched_steps(lab, model, documents)
            touched = own if own is not None and own.steps else None
            yield Affected(
                model,
                base.name if base else "",
                found.documents,
                found.tokens,
                found.seen,
                found.certain,
                touched,
                options(lab, found, chain, documents, price_per_hour),
            )


def options(
    lab: Lab, found: Learnt, chain: Chain | None, documents: Collection[str], price: float
) -> tuple[Option, ...]:
    """Rebuild, replay and keep, for the last model of a chain (see `retraining_chain`).

    Only keep, if there is no chain or if one of its models would have no data left to tune on.
    """
    keep = Option("keep", 0, 0, 0, 0.0, 0.0 if price else None, _mark(found.documents, found.seen))
    if chain is None:
        return (keep,)
    emptied = next((model for model, _ in chain if _emptied(lab, model, documents)), None)
    if emptied is not None:
        return (replace(keep, words=keep.words + _alone(lab, emptied, chain)),)
    again = sum(float(later.stats.get("train_seconds", later.seconds)) for later, _ in chain[1:])
    offers = []
    for name in ("rebuild", "replay"):
        start, steps, tokens = _tail(lab, *chain[0], leave_out=name == "replay")
        # Of the later tunings, a replay keeps only the order of dialogues.
        left_out = sum(
            touch.total
            for later, touch in chain[1:]
            if touch and name == "replay" and stage_of(later) == "chat"
        )
        seconds = tokens / max(float(chain[0][0].stats.get("tokens_per_second", 0)), 1e-9) + again
        steps += sum(int(later.stats.get("steps", 0)) for later, _ in chain[1:])
        tokens += sum(int(later.stats.get("tokens", 0)) for later, _ in chain[1:]) - left_out
        worth = round(seconds / 3600 * price, 4) if price else None
        offers.append(
            Option(name, start, steps, tokens, round(seconds, 1), worth, _words(name, chain, start))
        )
    return *offers, keep


def _emptied(lab: Lab, model: Artifact, documents: Collection[str]) -> bool:
    """Whether the shards that a tuned model would be retrained on have none of its data left."""
    split = TUNED_ON.get(stage_of(model))
    rows = lab.ledger.rows("SELECT name FROM artifact WHERE id = ?", model.inputs.get("shards", ""))
    packed = lab.find("shards", str(rows[0]["name"])) if rows else None
    if split is None or packed is None:
        return False
    shards = Shards.open(packed.path)
    return split not in shards.splits() or set(shards.spans(split)[0]).issubset(documents)


def _alone(lab: Lab, emptied: Artifact, chain: Chain) -> str:
    """Why a model cannot be retrained, and which model of the lab never saw the documents."""
    words = f"; nothing would be left to tune {emptied.name} on"
    base = model_of(lab, base_id(chain[0][0].inputs))
    if base is None or stage_of(base) == ADOPTED:
        return words
    return f"{words}, and {base.name}, which {chain[0][0].name} was tuned from, never saw them"


def untouched_checkpoint(lab: Lab, model: Artifact, first: int) -> int:
    """The step of the newest kept checkpoint from before step `first` of a run; 0 if there is none."""
    kept = [step for step in written_steps(lab.run_folder(model.id)) if step <= first]
    return max(kept, default=0)


def _tail(lab: Lab, model: Artifact, touch: TouchedSteps | None, *, leave_out: bool) -> tuple[int, int, int]:
    """Start, steps and tokens of the part that must be retrained."""
    steps, tokens = int(model.stats.get("steps", 0)), int(model.stats.get("tokens", 0))
    first = touch.first if touch and touch.first is not None else 0
    start = untouched_checkpoint(lab, model, first) if stage_of(model) == "pretrain" else 0
    left = round(tokens * (steps - start) / max(steps, 1))
    gone = touch.total if touch and leave_out else 0
    return start, steps - start, max(left - gone, 0)


def _words(name: str, chain: Chain, start: int) -> str:
    model = chain[0][0].name
    where = f"from the checkpoint of step {start} of {model}" if start else f"{model} from its first step"
    later = ", ".join(made.name for made, _ in chain[1:])
    replay = name == "replay"
    order = "in the same order, without the documents" if replay else "over the rebuilt shards"
    again = f"; then tune {later} again" + (", dialogues in the same order" if replay else "")
    return f"{where}, {order}" + (again if later else "")


def _mark(documents: int, seen: int) -> str:
    return (
        f"the weights keep what they learnt; the model card must say: trained on {documents:,} documents "
        f"({seen:,} tokens in all epochs) that were withdrawn since"
    )
