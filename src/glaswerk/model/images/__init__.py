"""Networks that draw: a transformer on pixels with its text encoder, saved as a diffusers folder.

Start at `network.py` (the shapes of diffusers' PRXTransformer2DModel), `picture_model.py` joins it with a
text encoder, and `folder.py` writes and reads both in the layout of diffusers' PRXPixelPipeline.
"""
