"""Reports on corpora: the figures and the page of one corpus, and the differences between two.

In: the documents and decisions of a corpus. Out: report.json and report.html (`write`), or a comparison
(`diff`). The words of the page are in `page.html.jinja` (paragraphs) and `page` (headings, captions). Start
reading at `write`; `figures` counts in bounded memory with `histogram` and `heavy_hitters`.
"""
