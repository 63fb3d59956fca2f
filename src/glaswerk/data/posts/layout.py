"""The file names in X archives of each era: the only names that are read from an archive.

Until 2018 ("Grailbird"): tweets.csv, data/js/tweets/YYYY_MM.js, data/js/*_details.js. 2019 to 2022: tweet.js,
at the top or in data/, at first without a manifest. Since late 2022: data/tweets.js, its parts, a manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

MANIFEST = "data/manifest.js"
CSV = "tweets.csv"
USER = "data/js/user_details.js"
PAYLOAD = "data/js/payload_details.js"
MONTH = re.compile(r"data/js/tweets/\d{4}_\d{2}\.js")
# For folders; `_MEMBER` matches the same names in a zip.
GLOBS = (CSV, "*.js", "data/*.js", "data/js/*.js", "data/js/tweets/*.js")
_MEMBER = re.compile(r"tweets\.csv|(data/(js/(tweets/)?)?)?[^/]+\.js")
# Lazy, so that the root is everything before the longest possible rest.
_MARK = re.compile(
    r"(?P<root>(?:.*?/)??)(?:data/(?:manifest|account|tweets?(?:-part\d+)?)\.js"
    r"|data/js/(?:user_details|payload_details|tweets/\d{4}_\d{2})\.js|tweet\.js|tweets\.csv)",
    re.DOTALL,
)


# How the data files start, including those before 2019.
_DATA_FILE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:window\.(?:YTD|__THAR_CONFIG)\b|Grailbird\.data\b|"
    rb"var (?:user_details|payload_details|tweet_index)\s*=)"
)


def is_data_file(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a data file of an archive."""
    return _DATA_FILE.match(head) is not None


def is_member(name: str) -> bool:
    """Whether a name, relative to the archive's root, is that of a data file."""
    return _MEMBER.fullmatch(name) is not None


def root_of(names: Iterable[str]) -> str | None:
    """The prefix of the data files' names in a zip ("" or "folder/"); None if it is not an X archive."""
    found = {name: match["root"] for name in names if (match := _MARK.fullmatch(name))}
    # Other files of an archive may have such names too; only the manifest is certain.
    sure = [root for name, root in found.items() if name == root + MANIFEST]
    return min(sure or found.values(), key=len, default=None)


def is_archive_folder(path: Path) -> bool:
    """Whether a folder is an unpacked archive of any era."""
    names = (p.relative_to(path).as_posix() for pattern in GLOBS for p in path.glob(pattern))
    return root_of(names) == ""


def is_grailbird(names: Iterable[str]) -> bool:
    """Whether an archive with these data files is from before 2019."""
    return any(name == CSV or MONTH.fullmatch(name) for name in names)
