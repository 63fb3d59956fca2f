"""How a run is divided among its ranks: four degrees whose product is the number of ranks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields, replace

from glaswerk.core.errors import GlaswerkError

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Parallel:
    """Degrees of the device mesh, slowest rank first: replicate × shard × context × tensor.

    replicate: copies of the model (HSDP), each with different rows; best one per host.
    shard: ranks that share the weights of a copy, each with different rows (FSDP); 0 = all remaining ranks.
    context: ranks that share the sequence of a row.
    tensor: ranks that share the heads and the feed-forward of each layer; best inside a host.
    """

    replicate: int = 1
    shard: int = 0
    context: int = 1
    tensor: int = 1

    @classmethod
    def parse(cls, text: str) -> Parallel:
        """From text such as `replicate=2,tensor=2`; a degree that is not named keeps its default.

        Raises GlaswerkError for an unknown or repeated name and for a value that is not a whole number.
        """
        names = [field.name for field in fields(cls)]
        degrees: dict[str, int] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            if name not in names or not value.isdecimal() or name in degrees:
                raise GlaswerkError(
                    f"--parallel takes degrees, each once, of {', '.join(names)}; found {part!r}",
                    hint="--parallel replicate=2,shard=4",
                )
            degrees[name] = int(value)
        return cls(**degrees)

    def __str__(self) -> str:
        return (
            ",".join(f"{name}={degree}" for name, degree in asdict(self).items() if degree != 1) or "shard=1"
        )

    @property
    def data_ranks(self) -> int:
        """How many ways the rows of a step are divided."""
        return self.replicate * self.shard

    @property
    def whole_layers(self) -> bool:
        """Whether each rank computes complete layers on complete rows, as one process does."""
        return self.context == self.tensor == 1

    def fitted(self, ranks: int) -> Parallel:
        """The same degrees with `shard` filled in. Raises GlaswerkError if their product is not `ranks`."""
        rest = self.replicate * self.context * self.tensor
        whole = replace(self, shard=self.shard or (ranks // rest if rest else 0))
        if min(astuple(whole)) > 0 and math.prod(astuple(whole)) == ranks:
            return whole
        default = asdict(Parallel())
        asked = " × ".join(f"{name} {n}" for name, n in asdict(self).items() if n != default[name])
        fitting = [str(found) for found in self._near(ranks)][:_SHOWN]
        raise GlaswerkError(
            f"--parallel {asked or 'shard 1'} does not make {ranks} rank{'s' if ranks > 1 else ''}, "
            f"the number this run was started with; degrees that do: {'; '.join(fitting)}",
            hint=f"torchrun --nproc-per-node={max(1, rest * (self.shard or 1))} … starts the right number",
        )

    def _near(self, ranks: int) -> list[Parallel]:
        """All degrees with the product `ranks`, those that change the fewest of ours first."""
        found = [Parallel(*degrees) for degrees in _factors(ranks, len(fields(self)))]
        mine = astuple(self)

        def changes(other: Parallel) -> int:
            return sum(a != b for a, b in zip(mine, astuple(other), strict=True))

        return sorted(found, key=lambda other: (changes(other), other.tensor, other.context, other.replicate))

    def check_rows(self, rows: int, length: int) -> None:
        """Raises GlaswerkError if `rows` rows of `length` tokens cannot be shared equally among the ranks."""
        ranks = self.data_ranks
        if rows % ranks == 0:
            return
        low, high = rows // ranks * ranks, -(-rows // ranks) * ranks
        fits = " or ".join(f"{n * length}" for n in (low, high) if n)
        raise GlaswerkError(
            f"a step of {rows} rows ({rows * length:,} tokens) cannot be shared equally among {ranks} "
            f"data-parallel ranks",
            hint=f"--batch-tokens {fits}",
        )


def _factors(number: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write `number` as an ordered product of `parts` factors."""
    if parts == 1:
        yield (number,)
        return
    for first in range(1, number + 1):
        if number % first == 0:
            for rest in _factors(number // first, parts - 1):
                yield (first, *rest)
