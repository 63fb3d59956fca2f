"""Which blocks of a paged cache belong to which row, shared where rows begin alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from glaswerk.infer.engines.network import Row, shared_length

# Tokens of a block, as OpenVINO's paged attention on a CPU has it.
BLOCK = 32
# Shorter shared beginnings are not worth a copy.
_LEAST = 8
# Closed rows kept for their beginnings; each is compared with every new prompt.
_KEPT = 64


@dataclass(eq=False, slots=True)
class BlockRow(Row):
    """A row and its blocks; `room`: the tokens that blocks were set aside for."""

    blocks: list[int] = field(default_factory=list)
    room: int = 0


class BlockCache:
    """Hands out `count` blocks, and one more while a block is copied.

    Closed rows keep theirs for their beginnings until others need them.
    """

    def __init__(self, count: int) -> None:
        self._free = list(range(count, -1, -1))
        self._uses: Counter[int] = Counter()
        self._rows: list[BlockRow] = []
        self._count = count
        self._closings = 0

    def fits(self, length: int) -> bool:
        """Whether a row of up to `length` tokens has its blocks beside what open rows may still need."""
        used = [row for row in self._rows if row.used]
        return not used or sum(_blocks(row.room) for row in used) + _blocks(length) <= self._count

    def open(self, prompt: Sequence[int], room: int) -> tuple[BlockRow, int | None]:
        """A row that shares the blocks of a known beginning, and the block that it continues from, if any.

        The second value is a block of another row to copy into the row's last block before it is used.
        """
        source, length = self._best(prompt)
        row = BlockRow(0, ids=list(prompt[:length]), room=max(room, len(prompt)))
        self.add(row)
        if source is None:
            return row, None
        whole = length // BLOCK
        row.blocks = source.blocks[:whole]
        self._uses.update(row.blocks)
        if length == whole * BLOCK:
            return row, None
        copied = source.blocks[whole]
        # The source may lose its blocks while this one is taken; the copied one must last until it is copied.
        self._uses[copied] += 1
        row.blocks.append(self._take())
        self._release(copied)
        return row, copied

    def add(self, row: BlockRow) -> None:
        """Hold a row that was made elsewhere."""
        self._rows.append(row)

    def drop(self, row: BlockRow) -> None:
        """Forget a row and give its blocks back."""
        self._rows.remove(row)
        for block in row.blocks:
            self._release(block)

    def extend(self, row: BlockRow, length: int) -> None:
        """Blocks for `length` tokens."""
        while len(row.blocks) * BLOCK < length:
            row.blocks.append(self._take())

    def close(self, row: BlockRow) -> None:
        """The row is no longer in use; its blocks may serve another."""
        self._closings += 1
        row.used, row.closed = False, self._closings
        if sum(not row.used for row in self._rows) > _KEPT:
            self.drop(self._oldest())

    def _best(self, prompt: Sequence[int]) -> tuple[BlockRow | None, int]:
        found, best = None, _LEAST - 1
        for row in self._rows:
            # The last token of a prompt is always run: its logits are wanted.
            length = shared_length(row.ids, prompt, len(prompt) - 1)
            if length > best:
                found, best = row, length
        return found, best if found is not None else 0

    def _take(self) -> int:
        while not self._free:
            self.drop(self._oldest())
        block = self._free.pop()
        self._uses[block] += 1
        return block

    def _oldest(self) -> BlockRow:
        return min((row for row in self._rows if not row.used), key=lambda row: row.closed)

    def _release(self, block: int) -> None:
        self._uses[block] -= 1
        if not self._uses[block]:
            del self._uses[block]
            self._free.append(block)


def _blocks(length: int) -> int:
    return -(-length // BLOCK)
