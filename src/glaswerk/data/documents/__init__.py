"""Documents from files of every common format: text, JSON, tables, HTML, WARC, EPUB, PDF, mail, Parquet.

In go the files of `files`; out comes a source of documents with rights and opt-outs, and counts of what was
left out. Start at `add_documents.py`. `formats.py` detects a file's format, `rows.py` calls the reader of
that format (`csv_rows.py` for CSV), and `fields.py` turns each row into a document.
"""
