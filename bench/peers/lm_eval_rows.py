"""PYTHON lm_eval_rows.py MODEL ROWS OUT: lm-evaluation-harness scores rows of {context, choices}.

OUT has the log-likelihood of every choice, and the seconds of CPU time that scoring took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM


def main() -> None:
    model, rows, out = sys.argv[1:4]
    torch.set_num_threads(1)
    network: Any = HFLM(pretrained=model, dtype="float32", device="cpu", batch_size=8)
    asked = [json.loads(line) for line in Path(rows).read_text().splitlines()]
    requests = [
        Instance("loglikelihood", {}, (row["context"], choice), 0)
        for row in asked
        for choice in row["choices"]
    ]
    start = time.process_time()
    found = iter(network.loglikelihood(requests, disable_tqdm=True))
    seconds = time.process_time() - start
    values = [[float(next(found)[0]) for _ in row["choices"]] for row in asked]
    Path(out).write_text(json.dumps({"seconds": seconds, "values": values}))


if __name__ == "__main__":
    main()
