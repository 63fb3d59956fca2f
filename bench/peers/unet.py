"""diffusers' UNet2DModel with DDPM, trained as its own example of unconditional training does.

AdamW at 1e-4 with a cosine schedule after a warm-up, noise prediction, averaged weights, batches of 16, bf16.
Two things are added, so that it can be compared: classes (embedded, one in ten left out) and guidance.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from diffusers import DDIMScheduler, DDPMScheduler, UNet2DModel
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel
from torch import Tensor

BATCH, RATE, WARM_UP, DROPPED = 16, 1e-4, 0.05, 0.1
_CALIBRATION = 10


@dataclass(frozen=True, slots=True)
class Unet:
    """A trained network; `none` is the class that stands for no class."""

    network: UNet2DModel
    none: int
    pictures_per_second: float


def train(pictures: Tensor, labels: Tensor, classes: int, seconds: float) -> Unet:
    """Trains for about `seconds` on pictures (count, 1, side, side) in [-1, 1]."""
    torch.manual_seed(0)
    network = UNet2DModel(
        sample_size=pictures.shape[-1],
        in_channels=1,
        out_channels=1,
        layers_per_block=2,
        block_out_channels=(64, 128, 128),
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        num_class_embeds=classes + 1,
    )
    noise = DDPMScheduler(num_train_timesteps=1000)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, betas=(0.95, 0.999), weight_decay=1e-6)
    average = EMAModel(network.parameters(), decay=0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
    generator = torch.Generator().manual_seed(0)

    def step() -> None:
        chosen = torch.randint(len(pictures), (BATCH,), generator=generator)
        clean, label = pictures[chosen], labels[chosen].clone()
        label[torch.rand(BATCH, generator=generator) < DROPPED] = classes
        error = torch.randn(clean.shape, generator=generator)
        times = torch.randint(1000, (BATCH,), generator=generator)
        with torch.autocast("cpu", torch.bfloat16):
            found = network(noise.add_noise(clean, error, times), times, class_labels=label).sample
        torch.nn.functional.mse_loss(found.float(), error).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    step()
    begun = time.perf_counter()
    for _ in range(_CALIBRATION):
        step()
    steps = int(seconds / ((time.perf_counter() - begun) / _CALIBRATION))
    schedule = get_cosine_schedule_with_warmup(optimizer, int(WARM_UP * steps), steps)
    begun = time.perf_counter()
    done = 0
    while time.perf_counter() - begun < seconds and done < steps:
        step()
        schedule.step()
        average.step(network.parameters())
        done += 1
    speed = done * BATCH / (time.perf_counter() - begun)
    average.copy_to(network.parameters())
    return Unet(network.eval(), classes, speed)


@torch.no_grad()
def sample(unet: Unet, labels: Tensor, *, steps: int, guidance: float) -> Tensor:
    """(labels, 1, side, side) in [-1, 1], by DDIM."""
    scheduler = DDIMScheduler(num_train_timesteps=1000)
    scheduler.set_timesteps(steps)
    side = unet.network.config.sample_size
    generator = torch.Generator().manual_seed(0)
    found = torch.randn((len(labels), 1, side, side), generator=generator)
    both = torch.cat([labels, torch.full_like(labels, unet.none)])
    for moment in scheduler.timesteps:
        with torch.autocast("cpu", torch.bfloat16):
            error = unet.network(torch.cat([found, found]), moment, class_labels=both).sample.float()
        towards, away = error.chunk(2)
        found = scheduler.step(away + guidance * (towards - away), moment, found).prev_sample
    return found.clamp(-1, 1)
