"""Floor 7: pretraining and chat tuning."""

from glaswerk.train.pretrain import TrainConfig, train
from glaswerk.train.tune import TuneConfig, tune

__all__ = ["TrainConfig", "TuneConfig", "train", "tune"]
