"""Training: pretraining, also continued, chat tuning, preference tuning (DPO), tuning by rewards (GRPO).

- `plan`, `pretrain`, `continued`, `tune`, `dpo`, `grpo`: one module per stage; each resolves its settings and
  runs `loop`.
- `loop`: the one training loop; `early_stopping`: when it ends before its last step.
- `optim`: the learning-rate schedule (`optim/schedule.py`), Muon and AdamW.
- `batches`: what each step sees. `objective`: what each step minimises.
- `checkpoint`: saving, resuming, branching. `parallel`: several ranks. `machine`: device, precision, memory.
- `forecast`: time and memory of a run before it starts. `report`: validation and the report of a run.
"""

from glaswerk.train.continued import ContinueConfig, continue_training
from glaswerk.train.plan import TrainConfig
from glaswerk.train.pretrain import train
from glaswerk.train.tune import TuneConfig, tune

__all__ = ["ContinueConfig", "TrainConfig", "TuneConfig", "continue_training", "train", "tune"]
