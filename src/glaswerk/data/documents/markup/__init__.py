"""Documents in markup for programs: RTF, subtitles, notebooks, LaTeX, feeds, MediaWiki dumps.

`documents/markup_formats.py` tells them apart; each file here reads one and gives rows as
`documents/reading.py` says.
"""
