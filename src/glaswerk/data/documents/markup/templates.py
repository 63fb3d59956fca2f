"""Templates of wikis that only mark up words of the sentence around them: the words that a reader sees.

`{{lang|de|Wort}}` is "Wort" and `{{nowrap|12 km}}` is "12 km". Any other template is left out, because only
the wiki knows what it gives. Names and parameters: Wikipedia, "Wikipedia:Template index".
"""

from __future__ import annotations

import re

_FIRST = (
    "nowrap|nobr|nobreak|nwr|j|small|smaller|big|larger|large|resize|em|strong|bold|b|italic|i|it|u|underline|"
    "strike|del|s|ins|sub|sup|mono|monospace|code|kbd|samp|var|tt|smallcaps|small caps|sc|smallcaps2|caps|"
    "abbr|abbreviation|abbrlink|tooltip|ill|interlanguage link|illm|link-interwiki|okina|proper name|"
    "quote|blockquote|bq|quotation|cquote|centered pull quote|rquote|quote box|talk quote|zitat|"
    "angbr|angle bracket|visible anchor|vanchor|anchored list|noitalic|noitalics|nobold|normal|"
    "spaces around|no italic|not a typo|as written|bibleverse|bibel|poem|poemquote|verse translation|"
    "sic|center|centre|right|left|block indent|main other|dfn|term|defn|highlight|hl|mark"
)
_SECOND = (
    "lang|langx|lang-x|langue|wikt-lang|langwithname|unicode|script|sprache|text color|font color|font|"
    "fontcolor|color|colored text|tooltip2|hover title|polytonic2|span"
)
_LAST = "transl|translit|transliteration|dmg|sharla"
# Those whose one parameter is the word, in a language or script that their name says.
_SCRIPTS = re.compile(r"[Ll]ang-[a-z]{2,3}(?:-[a-zA-Z]{1,10}){0,3}|[a-z]{2}S|[Pp]olytonic|(?i:script)/[\w ]+")
_GIVES = {
    **dict.fromkeys(_FIRST.split("|"), 0),
    **dict.fromkeys(_SECOND.split("|"), 1),
    **dict.fromkeys(_LAST.split("|"), -1),
}
_PREFIXED = {"circa": "c. ", "ca": "c. ", "floruit": "fl. ", "as of": "As of "}
_MARKS = {
    **dict.fromkeys(("ndash", "en dash", "nd"), "\u2013"),
    **dict.fromkeys(("mdash", "em dash", "md", "emdash"), "\u2014"),
    **dict.fromkeys(("snd", "spnd", "spaced ndash", "spaced en dash", "sndash", "dash"), " \u2013 "),
    **dict.fromkeys(("spaced mdash", "spaced em dash", "smdash"), " \u2014 "),
    **dict.fromkeys(("nbsp", "space", "thinsp", "hair space", "shy space"), " "),
    **dict.fromkeys(("'", "apostrophe", "`"), "'"),
    **dict.fromkeys(("'s",), "'s"),
    **dict.fromkeys(("dot", "middot", "\u00b7", "bullet", "\u2022"), " \u00b7 "),
    "=": "=",
    "(": "{",
    ")": "}",
    "lbrace": "{",
    "rbrace": "}",
    "br": "\n",
    "break": "\n",
    "pb": "\n\n",
    "paragraph break": "\n\n",
}
# A quantity and its unit, which the template also converts to another one.
_QUANTITIES = frozenset(("convert", "cvt"))
_RANGES = frozenset(("to", "and", "or", "by", "x", "-", "\u2013", "+/-"))
_NAMED = re.compile(r"\s*([\w -]{1,30}?)\s*=(.*)", re.DOTALL)
_NAMES_OF_TEXT = ("text", "content", "quote", "1")
_LONGEST_NAME = 60
_MOST_PARAMETERS = 30


def template_words(inner: str) -> str:
    """The words of a template, given what is between its braces; none for a template that is not known."""
    name, bar, rest = inner.partition("|")
    if len(name) > _LONGEST_NAME:
        return ""
    name = " ".join(name.replace("_", " ").split())
    known = name if name in _GIVES or name in _MARKS else name.lower()
    if not bar:
        return _MARKS.get(known, "")
    place = _GIVES.get(known, 0 if _SCRIPTS.fullmatch(name) else None)
    if place is not None:
        return _chosen(rest, place)
    if known in _PREFIXED:
        return _PREFIXED[known] + _chosen(rest, 0)
    if known in _QUANTITIES:
        words = _positional(rest)[0]
        return " ".join(words[: 4 if len(words) > 1 and words[1] in _RANGES else 2])
    return ""


def _chosen(rest: str, place: int) -> str:
    """The parameter at a place among those without a name, or the one that is named as text."""
    plain, named = _positional(rest)
    number = str(place + 1)
    if number in named:
        return named[number]
    if -1 <= place < len(plain) and plain:
        return plain[place]
    return next((named[key] for key in _NAMES_OF_TEXT if key in named), "")


def _positional(rest: str) -> tuple[list[str], dict[str, str]]:
    """(parameters without a name, parameters with one)."""
    plain: list[str] = []
    named: dict[str, str] = {}
    for part in rest.split("|", _MOST_PARAMETERS):
        match = _NAMED.fullmatch(part)
        if match:
            named[match[1]] = match[2].strip()
        else:
            plain.append(part.strip())
    return plain, named
