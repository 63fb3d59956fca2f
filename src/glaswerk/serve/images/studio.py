"""Draws for all requests at once: a thread takes one step of many pictures, then looks who joined or left.

A picture's noise depends on its seed alone, so that it comes out the same whoever draws beside it (up to the
order of sums: tests/infer/images/test_sampler.py).
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.sampler import Canvas, Drawing, Painter
from glaswerk.lab import Artifact, Lab
from glaswerk.model.images.folder import load
from glaswerk.serve.errors import ApiError

# Pictures in one step, and pictures of all requests that are drawn or wait.
AT_ONCE, MOST = 16, 80


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture after a step: `done` of `steps`; (3, height, width) in [-1, 1], the clean estimate so far."""

    index: int
    done: int
    steps: int
    picture: Tensor

    @property
    def finished(self) -> bool:
        """Whether it is the picture itself."""
        return self.done == self.steps


@dataclass(eq=False, slots=True)
class _Order:
    """The pictures of one request; sketches go to its own event loop."""

    model: Artifact
    drawings: Sequence[Drawing]
    loop: asyncio.AbstractEventLoop
    sketches: asyncio.Queue[Sketch | Exception] = field(default_factory=asyncio.Queue)
    stopped: bool = False

    def tell(self, news: Sketch | Exception) -> None:
        """From the drawing thread. A server that stops has closed its loop."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.sketches.put_nowait, news)


@dataclass(eq=False, slots=True)
class _Easel:
    """One picture of an order on its canvas."""

    order: _Order
    index: int
    canvas: Canvas


class Studio:
    """The image models of a lab. The newest is loaded at its first picture, another one replaces it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._orders: deque[_Order] = deque()
        self._easels: list[_Easel] = []
        self._painter: tuple[str, Painter] | None = None
        self._thread: threading.Thread | None = None
        self._change, self._closed = threading.Condition(), False

    def models(self) -> list[Artifact]:
        """Every image model, oldest first."""
        return self._lab.all("image-model")

    def model(self, name: str | None) -> Artifact:
        """The model of that name, or the newest. Raises ApiError 404."""
        found = self.models() if name is None else [made for made in self.models() if made.name == name]
        if found:
            return found[-1]
        there = ", ".join(made.name for made in self.models()) or "none; glaswerk images train makes one"
        message = f"expected an image model ({there}), found {(name or 'none')[:80]!r}"
        raise ApiError(404, message, param="model", code="model_not_found")

    @property
    def waiting(self) -> int:
        """Pictures that are drawn or wait."""
        return len(self._easels) + sum(len(order.drawings) for order in self._orders)

    async def draw(self, model: Artifact, drawings: Sequence[Drawing]) -> AsyncGenerator[Sketch]:
        """A sketch after each step of each picture; the last of each is the picture. All have one size.

        Closing the iterator stops the work. Raises ApiError 429 if too many pictures wait.
        """
        order = _Order(model, drawings, asyncio.get_running_loop())
        self._take(order)
        left = len(drawings)
        try:
            while left:
                news = await order.sketches.get()
                if isinstance(news, Exception):
                    raise news
                left -= news.finished
                yield news
        finally:
            order.stopped = True

    def close(self) -> None:
        """Stop drawing; waits for the step that runs."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        thread = self._thread
        if thread:
            thread.join()

    def _take(self, order: _Order) -> None:
        with self._change:
            there = self.waiting
            if there and there + len(order.drawings) > MOST:
                message = f"{there} pictures are drawn or wait; try again shortly"
                raise ApiError(429, message, code="queue_full", headers={"retry-after": "5"})
            self._orders.append(order)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="studio", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def _work(self) -> None:
        try:
            while self._wait():
                self._easels = [easel for easel in self._easels if not easel.order.stopped]
                while order := self._next():
                    self._begin(order)
                if group := self._group():
                    self._step(group)
        finally:
            # Nobody may wait for a thread that has ended, whatever ended it; the next order starts another.
            with self._change:
                left = {*(easel.order for easel in self._easels), *self._orders}
                self._easels, self._thread = [], None
                self._orders.clear()
            for order in left:
                order.tell(RuntimeError("the drawing thread has ended"))

    def _wait(self) -> bool:
        """Wait for something to draw; false once the studio is closed."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._orders or self._easels)
            return not self._closed

    def _next(self) -> _Order | None:
        """The next order, while there is room and its model is the one that draws."""
        with self._change:
            while self._orders and len(self._easels) < AT_ONCE:
                order = self._orders[0]
                if self._easels and self._easels[0].order.model.id != order.model.id:
                    return None
                self._orders.popleft()
                if not order.stopped:
                    return order
        return None

    def _begin(self, order: _Order) -> None:
        try:
            painter = self._painter_of(order.model)
            canvases = [painter.begin(one) for one in order.drawings]
        except (GlaswerkError, RuntimeError) as error:
            order.tell(error)
            return
        self._easels += [_Easel(order, place, canvas) for place, canvas in enumerate(canvases)]

    def _painter_of(self, model: Artifact) -> Painter:
        if self._painter is None or self._painter[0] != model.id:
            self._painter = None
            self._painter = (model.id, Painter(load(model.path)))
        return self._painter[1]

    def _group(self) -> list[_Easel]:
        """The easels of the next step: those of one size, the least advanced first, so that none waits."""
        if not self._easels:
            return []
        first = min(self._easels, key=lambda easel: easel.canvas.done)
        same = [easel for easel in self._easels if easel.canvas.noisy.shape == first.canvas.noisy.shape]
        return sorted(same, key=lambda easel: easel.canvas.done)[:AT_ONCE]

    def _step(self, group: Sequence[_Easel]) -> None:
        assert self._painter is not None, "easels have a painter"
        try:
            self._painter[1].step([easel.canvas for easel in group])
        except RuntimeError as error:  # no memory, for example: these orders end, others go on
            for easel in group:
                easel.order.tell(error)
                easel.order.stopped = True
            return
        # Before anybody hears of it: whoever has all pictures finds no easel of theirs.
        self._easels = [easel for easel in self._easels if not easel.canvas.finished]
        for easel in group:
            canvas = easel.canvas
            shown = canvas.noisy if canvas.finished else canvas.clean
            assert shown is not None, "a step leaves an estimate"
            steps = len(canvas.times) - 1
            easel.order.tell(Sketch(easel.index, canvas.done, steps, shown.clamp(-1, 1).cpu()))
