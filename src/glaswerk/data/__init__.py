"""Content: reading it in, curating it into a corpus, reporting on it, removing it again.

Start at `source.py`, which adds content to a lab, and `curate/curate.py`, which turns sources into a corpus.
Rooms import downwards only: source, curate, removal and report, pictures and dialogues, documents and posts,
filters, store, files; `language.py`, `references.py` and `times.py` are shared ground.
"""
