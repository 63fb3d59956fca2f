"""Positive controls: would the instrument see a lean that was planted on purpose?"""

from glaswerk.evaluate.controls.controls import ControlConfig, Parent, measure_controls
from glaswerk.evaluate.controls.gates import gated
from glaswerk.evaluate.controls.plant import PlantConfig

__all__ = ["ControlConfig", "Parent", "PlantConfig", "gated", "measure_controls"]
