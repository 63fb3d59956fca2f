"""Untrusted bytes: finding, unpacking and decoding the files that a user names, within limits.

In go paths, patterns or standard input; out come streams, JSON objects and text, or an error with the place.
Start at `inputs.py` (which files), then `stored.py` (compression and containers), `lines.py` (JSON); every
size limit is in `limits.py`.
"""
