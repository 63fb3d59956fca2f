"""What `--json` prints about pictures."""

from __future__ import annotations

from glaswerk.cli.json_sources import Fields

DRAWN: Fields = {
    "file": ("string", "The file that was written."),
    "model": ("string", "Name of the image model."),
    "model_digest": ("string", "Content id of its files."),
    "prompt": ("string", "What was to be drawn."),
    "seeds": ("list", "The seed of each picture."),
    "steps": ("integer", "Steps of the sampler."),
    "seed": ("integer", "The first seed."),
    "guidance": ("number", "How much the prompt was exaggerated; 1: not."),
    "negative": ("string", "What was drawn away from."),
}
INSPECTED: Fields = {
    "state": ("string", "trusted, valid, invalid or none."),
    "signer": ("string", "Issuer and name of the certificate; empty without one."),
    "problems": ("list", "C2PA's codes of what is wrong."),
    "generation": ("object", "What the lab wrote into it: model, digests, seed."),
}
DETECTED: Fields = {
    "[].file": ("string", "The picture."),
    "[].watermark": ("boolean", "Whether its watermark is this lab's."),
    "[].score": ("number", "Standard deviations above chance."),
    "[].threshold": ("number", "The score from which a watermark counts as found."),
}
