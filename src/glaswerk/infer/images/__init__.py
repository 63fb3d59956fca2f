"""Sampling of pictures: `sampler.py` takes steps for many pictures at once, each with its own seed.

Start at `sampler.Painter`; `schedule.py` holds the times of the steps.
"""
