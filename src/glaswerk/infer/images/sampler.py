"""Draws pictures step by step: pictures of many requests share each step.

Euler steps of flow matching as diffusers' PRXPixelPipeline takes them: the network predicts the clean
picture, whose difference to the noisy one, divided by the time, is the velocity. Guidance: Ho & Salimans
2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor

from glaswerk.model.images.folder import PictureFolder
from glaswerk.model.images.network import CHANNELS
from glaswerk.model.images.prompts import padded

# Times below this divide as this: the velocity would explode (JiT, PRX).
SMALLEST_TIME = 0.05
STEPS, GUIDANCE = 24, 3.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw: sizes in pixels; the seed alone decides the noise.

    `guidance` above 1 exaggerates what the prompt changes, away from `negative`. `start`: (3, height, width)
    in [-1, 1], a picture to begin from, of which `strength` in (0, 1] is lost (SDEdit, Meng et al. 2022);
    `kept`: bool, (height, width), true where it must stay.
    """

    prompt: str
    seed: int = 0
    steps: int = STEPS
    guidance: float = GUIDANCE
    negative: str = ""
    width: int = 0
    height: int = 0
    start: Tensor | None = None
    strength: float = 1.0
    kept: Tensor | None = None


@dataclass(slots=True)
class Canvas:
    """A picture being drawn: `noisy` and the last estimate `clean`, (3, height, width), `done`: steps."""

    drawing: Drawing
    noisy: Tensor
    noise: Tensor
    prompts: list[list[int]]
    times: list[float]
    done: int = 0
    clean: Tensor | None = None
    states: list[Tensor] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return self.done >= len(self.times) - 1


@lru_cache(maxsize=64)
def times_of(steps: int) -> tuple[float, ...]:
    """The times from 1 to 0.001 of `steps` steps, then 0: those of FlowMatchEulerDiscreteScheduler."""
    grid = torch.linspace(1.0, 0.001, steps, dtype=torch.float64).float()
    return (*grid.tolist(), 0.0)


class Painter:
    """Draws with one model. Not for several threads at once."""

    def __init__(self, folder: PictureFolder, device: torch.device | None = None) -> None:
        self.side, self.prompts = folder.side, folder.prompts
        self.device = device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = folder.model.to(self.device).eval()
        self.patch = folder.model.shape.patch

    def begin(self, drawing: Drawing) -> Canvas:
        """The canvas of a drawing: noise of its seed, or a picture and as much noise as its strength says."""
        height, width = drawing.height or self.side, drawing.width or self.side
        noise = torch.randn(
            (CHANNELS, height, width), generator=torch.Generator().manual_seed(drawing.seed)
        ).to(self.device)
        times = list(times_of(drawing.steps))
        prompts = [self.prompts.ids(drawing.prompt)]
        if drawing.guidance > 1:
            prompts.insert(0, self.prompts.ids(drawing.negative))
        if drawing.start is None:
            return Canvas(drawing, noise, noise, prompts, times)
        times = [time for time in times if time <= drawing.strength] or times[-2:]
        start = drawing.start.to(self.device)
        return Canvas(drawing, blend(start, noise, times[0]), noise, prompts, times)

    @torch.no_grad()
    def step(self, canvases: Sequence[Canvas]) -> None:
        """One step of every canvas; all have one size."""
        self._read([canvas for canvas in canvases if not canvas.states])
        noisy = torch.stack([canvas.noisy for canvas in canvases])
        now = torch.tensor([canvas.times[canvas.done] for canvas in canvases], device=self.device)
        after = torch.tensor([canvas.times[canvas.done + 1] for canvas in canvases], device=self.device)
        clean = self._clean(canvases, noisy, now)
        divisor = now.clamp(min=SMALLEST_TIME)[:, None, None, None]
        moved = noisy + (after - now)[:, None, None, None] * ((noisy - clean) / divisor)
        for place, canvas in enumerate(canvases):
            canvas.done += 1
            canvas.clean, canvas.noisy = clean[place], moved[place]
            _keep(canvas)

    def draw(self, drawings: Sequence[Drawing], *, at_once: int = 16) -> list[Tensor]:
        """All drawings, (3, height, width) each, in [-1, 1] on the CPU; they must have one size."""
        found = []
        for start in range(0, len(drawings), at_once):
            canvases = [self.begin(drawing) for drawing in drawings[start : start + at_once]]
            while left := [canvas for canvas in canvases if not canvas.finished]:
                self.step(left)
            found += [canvas.noisy.clamp(-1, 1).cpu() for canvas in canvases]
        return found

    def _clean(self, canvases: Sequence[Canvas], noisy: Tensor, now: Tensor) -> Tensor:
        """The estimates of the clean pictures, guided where a canvas asks for it."""
        owners = [place for place, canvas in enumerate(canvases) for _ in canvas.states]
        states, mask = _stacked([state for canvas in canvases for state in canvas.states])
        rows = torch.tensor(owners, device=self.device)
        found = self.model(noisy[rows], now[rows], states, mask)
        clean, row = [], 0
        for canvas in canvases:
            if len(canvas.states) == 2:
                away, towards = found[row], found[row + 1]
                clean.append(away + canvas.drawing.guidance * (towards - away))
            else:
                clean.append(found[row])
            row += len(canvas.states)
        return torch.stack(clean)

    def _read(self, fresh: Sequence[Canvas]) -> None:
        """Let the text encoder read the prompts of new canvases, once."""
        texts = [ids for canvas in fresh for ids in canvas.prompts]
        if not texts:
            return
        ids, mask = padded(texts, self.prompts.start_id)
        states = self.model.states(ids.to(self.device), mask.to(self.device))
        found = iter([state[: len(text)] for state, text in zip(states, texts, strict=True)])
        for canvas in fresh:
            canvas.states = [next(found) for _ in canvas.prompts]


def blend(clean: Tensor, noise: Tensor, time: float) -> Tensor:
    """The noisy picture at a time: 0 is clean, 1 is noise."""
    return (1 - time) * clean + time * noise


def _keep(canvas: Canvas) -> None:
    """Put back what must stay, as noisy as the rest."""
    drawing = canvas.drawing
    if drawing.kept is None or drawing.start is None:
        return
    place = canvas.noisy.device
    there = blend(drawing.start.to(place), canvas.noise, canvas.times[canvas.done])
    canvas.noisy = torch.where(drawing.kept.to(place), there, canvas.noisy)


def _stacked(states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """(rows, longest, width) and its mask, of states (tokens, width) each."""
    longest = max(len(state) for state in states)
    found = states[0].new_zeros(len(states), longest, states[0].shape[1])
    mask = torch.zeros(len(states), longest, dtype=torch.bool, device=found.device)
    for place, state in enumerate(states):
        found[place, : len(state)] = state
        mask[place, : len(state)] = True
    return found, mask
