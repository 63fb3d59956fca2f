"""Curation: from all sources of a lab to one corpus, with a decision and its reason for every document.

In: sources, evaluation sets and the settings in lab.toml. Out: documents.parquet with splits,
decisions.parquet and a report. Start reading at `curate`; `judge` decides on single documents, `resolve`
compares documents with each other, `write` writes the corpus.
"""
