"""Subtitles in SubRip (SRT) and WebVTT: the words, one line per line of a cue, without times and tags."""

from __future__ import annotations

import re

_TIME = re.compile(r"[ \t]*+(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}[ \t]*+-->")
# <i>, </c.yellow>, <v Ada>, <00:01.000>; {\an8} and {\i1} of SubStation, which players accept in SRT.
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<[\d:.]{5,15}>|\{\\[^{}\n]{0,200}\}")
_SPEAKER = re.compile(r"<v(?:\.[\w.]+)?[ \t]+([^<>\n]{1,100})>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&lrm;": "", "&rlm;": ""}
_ENTITY = re.compile("|".join(_ENTITIES))


def subtitle_text(text: str) -> str:
    """The words of the cues. A line that repeats the one before is left out: captions roll."""
    kept: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        for line in _words(block.strip("\n").split("\n")):
            if not kept or kept[-1] != line:
                kept.append(line)
    return "\n".join(kept)


def _words(lines: list[str]) -> list[str]:
    """The lines of a block after its times; none for notes, styles and the header, which have no times."""
    start = next((place for place, line in enumerate(lines[:2]) if _TIME.match(line)), None)
    found = [] if start is None else [_plain(line) for line in lines[start + 1 :]]
    return [line for line in found if line]


def _plain(line: str) -> str:
    named = _SPEAKER.sub(r"\1: ", line)
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], _TAG.sub("", named)).strip()
