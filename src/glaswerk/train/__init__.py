"""Floor 7: pretraining and chat tuning."""

from glaswerk.train.plan import TrainConfig
from glaswerk.train.pretrain import train
from glaswerk.train.tune import TuneConfig, tune

__all__ = ["TrainConfig", "TuneConfig", "train", "tune"]
