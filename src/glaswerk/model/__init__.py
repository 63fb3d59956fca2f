"""Floor 6: build, load, save, adopt and export text networks.

In: a shape (`plan.shape`), a Hugging Face folder or a GGUF file. Out: a `transformers` model, a model folder
of the lab, or a GGUF file. Only safetensors and GGUF are read, and code from a model folder never runs.

Start with `text_network.py` (build, load, save). `adopt.py` takes open weights into the lab: `hub_folder.py`
and `gguf_file.py` read untrusted files, `gguf_model.py` maps GGUF to Hugging Face, `supported_models.py`
lists the model types, `licence.py` finds the licence. `export_gguf.py` writes GGUF; `lora.py` adds low-rank
adapters.
"""

from glaswerk.model.text_network import build, load, save

__all__ = ["build", "load", "save"]
