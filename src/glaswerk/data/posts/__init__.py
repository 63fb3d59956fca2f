"""Posts from X account archives of every era, dumps of X's APIs, and exports of Mastodon and Bluesky.

In go files or folders; out comes a source with one document per post, thread or conversation, plus tombstones
and the relations between posts. Start at `detect.py` (what a file holds), then `add_archives.py`,
`add_dumps.py`, `add_exports.py` or `add_likes.py`; `post.py` reads one record of X.
"""
