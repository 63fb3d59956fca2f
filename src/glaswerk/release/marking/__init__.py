"""Marks of pictures that a model drew: signed metadata that says how, and a watermark in the pixels.

Start at `mark.py`, which applies and reads both. `credentials.py` is C2PA, `authority.py` makes the lab's
certificates, `watermark.py` is the pattern in the pixels, `keys.py` says where the secrets are.
"""
