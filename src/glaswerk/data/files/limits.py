"""Every size limit on untrusted input, in one place, with the reason for each figure.

Limits are in bytes unless the name says otherwise. `documents/pdf.py` keeps its own limits, because it also
runs as a program without this package.
"""

from __future__ import annotations

# Compressed files and containers.

# What one file may unpack to, over all members that are read. Media are never read, so they do not count.
UNPACKED_BYTES = 20 * 10**9
# JSON of posts compresses about 15:1, so 200:1 is a bomb.
UNPACK_RATIO = 200
# Small files may compress as well as they like.
UNPACK_RATIO_FREE_BYTES = 12 << 20
# What a row costs beside its bytes: 80 kB of zip gave three million documents of one letter.
ROW_COST_BYTES = 64
# A database is not compressed, but its tables may share pages; and reading holes in a file costs little.
DATABASE_FREE_BYTES = HOLES_FREE_BYTES = 100 * 10**6
# tar of zip of gz is as deep as recordings go, and backups of backups one deeper; what has more layers is
# built to exhaust the reader. A .tar.gz is one.
CONTAINER_DEPTH = 4
# Zip, PDF and Parquet are read from the end, so one inside another container is held in memory.
HELD_FILE_BYTES = 1 << 29
# Long names and attributes of a tar member, which tarfile reads into memory.
TAR_HEADER_BYTES = 1 << 20
# Standard input is copied to a temporary file, because it is read more than once.
STANDARD_INPUT_BYTES = 20 * 10**9

# Rows of documents and dialogues.

# One JSON line, table row or Parquet row. The longest book of Project Gutenberg is 15 MB; JSON takes up to
# 28 times its size once parsed.
ROW_BYTES = 48 << 20
# One value inside a JSON list, or a file that is one JSON object.
JSON_VALUE_BYTES = 16 << 20
# A text file larger than this is a dump, not a document; JSON lines hold dumps.
TEXT_FILE_BYTES = 256 * 10**6
# An evaluation file is read in one go; the largest set in use (MMLU-Pro, BBQ) is below 100 MB.
EVALUATION_FILE_BYTES = 512 * 10**6

# Formats of single documents.

# The longest page of Wikipedia is below 5 MB; a parsed tree takes about ten times its source in memory.
PAGE_BYTES = 32 << 20
# Text extraction takes quadratic time in the depth: 0.2 s at 3,000 levels, 2 s at 10,000, 470 s at 100,000.
PAGE_DEPTH = 3000
# The parser takes quadratic time in what no page has, so a longer page is parsed in a process of its own,
# which takes 0.2 s, within CPU seconds and bytes of address space.
PAGE_ISOLATED_BYTES = 512 << 10
PAGE_SECONDS, PAGE_SECONDS_A_MB = 8, 2
PAGE_MEMORY, PAGE_MEMORY_A_BYTE = 448 << 20, 28
# The header of a record in a web archive; crawlers write below 2 kB.
WARC_HEADER_BYTES = 1 << 20
# RFC 9309 asks crawlers to read at least 500 KiB of a robots.txt.
ROBOTS_BYTES = 500 << 10
EPUB_PACKAGE_BYTES = 8 << 20
# The longest book of Project Gutenberg is 15 MB of text; markup multiplies it.
EPUB_BOOK_BYTES = 256 << 20
EPUB_CHAPTERS = 20_000
# Text documents nest tables and lists about a dozen deep; each level costs memory until it ends.
XML_DEPTH = 512
# One tag, comment or instruction. Expat scans an unfinished one again with every piece, in quadratic time.
XML_TOKEN_BYTES = 4 << 20
# All parts of an office document that are read; a novel of 1 MB has 10 MB of markup.
OFFICE_BYTES = 256 << 20
# Starts, ends and texts of elements in a part, of which 200,000 take a second. Documents of Word have up to
# three for each compressed byte.
OFFICE_EVENTS, OFFICE_EVENTS_A_BYTE = 2 * 10**6, 6
# Workbooks are read whole; one of a million rows is about 30 MB.
WORKBOOK_BYTES = 64 << 20
# Cells with words in a workbook of OpenDocument, in which one may stand for a million, and what repeating
# them may give. A filled column of the longest sheet has 1,048,576.
SHEET_CELLS = 4 * 10**6
SHEET_REPEATED_CHARACTERS = 16 << 20
# `datasets` writes batches of 1,000 rows.
ARROW_BATCH_BYTES = 512 << 20
DATA_SET_INFO_BYTES = 4 << 20
# Documents in TeX, RTF and notebooks are typed, not generated.
MARKUP_BYTES = 32 << 20
# Gmail refuses mail above 25 MB, which is 35 MB once attachments are encoded.
MAIL_BYTES = 48 << 20
MAIL_LINE_BYTES = 1 << 20
# The longest line of addresses in use is below 100 kB; the parser takes quadratic time in a header's length.
MAIL_HEADER_BYTES = 64 << 10
# In lines of 76 characters the largest mail has 650,000 lines; parsed, a line takes 60 bytes or more.
MAIL_LINES = 2 * 10**6
# An empty part or header takes about 1.5 kB or 200 bytes.
MAIL_PARTS = 10_000
MAIL_HEADERS = 100_000

# Posts.

# X splits tweets.js into parts of about 100 MB; ten times that is not an X archive. A member is parsed in one
# piece, at several times its size in memory, so a 20 MB zip at 200:1 must not claim 4 GB.
X_ARCHIVE_MEMBER_BYTES = 1 << 30
# A post with everything attached is below 100 kB, an API page of a hundred posts below 10 MB. JSON of empty
# lists takes 28 times its size once parsed, so these limits keep a hostile file below 1.5 GB of memory.
DUMP_LINE_BYTES = 16 << 20
# A dump file that is a single JSON value is parsed in one piece.
DUMP_VALUE_BYTES = 48 << 20
# The AT protocol allows records of 1 MB; a repository of 100,000 posts is about 100 MB.
BLUESKY_BLOCK_BYTES = 2 << 20
BLUESKY_REPOSITORY_BYTES = 1 << 30
BLUESKY_KEY_BYTES = 1024

# Pictures.

PICTURE_BYTES = 64 << 20
# A photograph of 64 million pixels takes 192 MB decoded; Pillow's own limit is 89 million.
PICTURE_PIXELS = 64 * 10**6
# A caption, or the JSON that describes one picture.
CAPTION_BYTES = 1 << 20
# Pictures hardly compress further, so a tar file of them may unpack to this much or to UNPACK_RATIO.
PICTURE_TAR_FREE_BYTES = 64 << 20
