"""Captioned pictures: reading, checking, removing metadata, storing each picture once.

In go folders, webdataset tars or Parquet files; out comes a source of documents of kind "caption" whose
`media` names pictures packed into tar files. Start at `add_pictures.py`; `check.py` decides what a good
picture is, `metadata.py` strips it, and `store.py` writes and reads the packed pictures.
"""
