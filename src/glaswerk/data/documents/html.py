"""HTML and XHTML: the main text of a page, and the metadata in its head."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import map_encoding_to_html5
from resiliparse.parse.html import ElementNode, HTMLTree

from glaswerk.data.documents.attributes import trimmed
from glaswerk.data.documents.opt_out import reserved_by_meta
from glaswerk.data.files.bounded_call import bounded_call
from glaswerk.data.files.limits import (
    PAGE_DEPTH,
    PAGE_ISOLATED_BYTES,
    PAGE_MEMORY,
    PAGE_MEMORY_A_BYTE,
    PAGE_SECONDS,
    PAGE_SECONDS_A_MB,
)

_MARKUP = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^<>]*+>")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# These elements end implicitly, so a missing end tag does not nest.
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
_ENDING = (
    "p",
    "li",
    "dt",
    "dd",
    "tr",
    "td",
    "th",
    "thead",
    "tbody",
    "tfoot",
    "option",
    "optgroup",
    "rt",
    "rp",
)
_FLAT = frozenset((*_VOID, *_ENDING))
_SELF_CLOSED = re.compile(rf"<((?!(?:{'|'.join(_VOID)})\b)[\w:.-]++)([^<>]*)/>")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9_:.-]{1,40})""")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings of mail and of old Japanese, Korean and Chinese pages.
_SEVEN_BIT = {
    **dict.fromkeys(("utf-7", "utf7", "unicode-1-1-utf-7", "csunicode11utf7"), "utf-7"),
    **dict.fromkeys(("utf-7-imap", "x-imap4-modified-utf7", "imap-utf-7"), "utf-7-imap"),
    **dict.fromkeys(("iso-2022-jp", "csiso2022jp", "iso-2022-jp-1", "iso-2022-jp-2"), "iso2022_jp_2"),
    **dict.fromkeys(("iso-2022-jp-3", "iso-2022-jp-2004", "iso-2022-jp-ext"), "iso2022_jp_ext"),
    **dict.fromkeys(("iso-2022-kr", "csiso2022kr"), "iso2022_kr"),
    **dict.fromkeys(("hz-gb-2312", "hz"), "hz"),
}
_IMAP_SHIFT = re.compile(rb"&([A-Za-z0-9+,]*)-")
_DATES = (
    "article:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "date",
    "dcterms.created",
    "dc.date.created",
)
_DIRECTIVES = ("robots", "tdm-reservation", "tdm-policy")
_AUTHORS = ("author", "dc.creator", "dcterms.creator", "article:author")
_RUBY = re.compile(
    r"<rt(?:\s[^<>]*+)?>([^<]*+)</rt\s*+>|<rp(?:\s[^<>]*+)?>[^<]*+</rp\s*+>|</?(?:ruby|rb)(?:\s[^<>]*+)?>",
    re.I,
)
_SPACES = re.compile(r"\n{3,}")


class TooDeep(ValueError):
    """A page whose elements nest deeper than in any page made for reading."""


def read_page(text: str) -> dict[str, Any]:
    """Fields of a page: text, title, lang, url (canonical), date, author, tdm_opt_out.

    A page over PAGE_ISOLATED_BYTES is read in a process of its own. Raises TooDeep for a page nested deeper
    than PAGE_DEPTH elements, and TooCostly.
    """
    if len(text) > PAGE_ISOLATED_BYTES:
        found: dict[str, Any] = isolated(__name__, "read_whole_page", text)
        return found
    return read_whole_page(text)


def read_whole_page(text: str) -> dict[str, Any]:
    """As `read_page`, in this process, whatever it costs."""
    tree = parsed(keep_lists(text))
    meta = _meta(tree)
    lang = _html_attribute(tree, "lang") or _html_attribute(tree, "xml:lang")
    url = _canonical(tree, meta)
    main = _extract(tree, main_content=True) or _extract(tree, main_content=False)
    return {
        "text": main,
        "title": _title(meta.get("og:title") or (tree.title or "").strip(), main),
        "lang": lang,
        "url": url,
        "date": next((meta[name] for name in _DATES if meta.get(name)), ""),
        "author": next((v for n in _AUTHORS if (v := meta.get(n, "")) and "://" not in v), ""),
        "tdm_opt_out": reserved_by_meta(meta),
    }


def plain_text(html: str, *, skip: Iterable[str] = (), links: bool = False) -> str:
    """All text of an HTML fragment, with blocks as paragraphs. Isolated, and raises, like `read_page`."""
    if len(html) > PAGE_ISOLATED_BYTES:
        found: str = isolated(__name__, "whole_plain_text", html, skip=list(skip), links=links)
        return found
    return whole_plain_text(html, skip=skip, links=links)


def isolated(module: str, function: str, text: str, **options: Any) -> Any:
    """`module.function(text)` in a process of its own, with limits that grow with the text.

    Raises TooDeep if the function raised ValueError, and TooCostly.
    """
    seconds = PAGE_SECONDS + len(text) * PAGE_SECONDS_A_MB // 10**6
    memory = PAGE_MEMORY + PAGE_MEMORY_A_BYTE * len(text)
    answer = bounded_call(module, function, text, seconds=seconds, memory=memory, **options)
    if "error" in answer:
        raise TooDeep(answer["error"])
    return answer["found"]


def whole_plain_text(html: str, *, skip: Iterable[str] = (), links: bool = False) -> str:
    """As `plain_text`, in this process, whatever it costs."""
    return _extract(parsed(html), main_content=False, skip=list(skip), links=links)


def parsed(text: str) -> HTMLTree:
    """The tree of a page or a fragment. Raises TooDeep."""
    if text.count("<") > PAGE_DEPTH and _depth(text) > PAGE_DEPTH:
        raise TooDeep(f"nested deeper than {PAGE_DEPTH:,}")
    text = trimmed(text)
    return HTMLTree.parse(_plain_ruby(text) if "<ruby" in text.lower() else text)


def _plain_ruby(html: str) -> str:
    """HTML with readings in brackets: `漢(kan)`. Resiliparse drops what has a reading from the main text."""
    return _RUBY.sub(lambda found: f"({found[1]})" if found[1] else "", html)


def children(tree: HTMLTree, selector: str) -> Iterator[ElementNode]:
    """Child elements of the first match, one by one: element lists take quadratic time (13 s for 2,000)."""
    parent = tree.document.query_selector(selector) if tree.document is not None else None
    child = parent.first_element_child if parent is not None else None
    while child is not None:
        yield child
        child = child.next_element_sibling


def expand(xml: str) -> str:
    """XML with `<x/>` written as `<x></x>`, because an HTML parser knows only its own empty elements."""
    return _SELF_CLOSED.sub(r"<\1\2></\1>", xml)


def decode(data: bytes, declared: str = "", fallback: str = "") -> str | None:
    """Text of a page: by its byte order mark, else as UTF-8, else by its declared encoding.

    `declared` is the encoding named outside the page, `fallback` is used if nothing is declared. None if the
    encoding is unknown.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    shifted = _seven_bit(data, declared)
    if shifted is not None:
        return shifted
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    head = data[:2048]
    inside = _XML_ENCODING.search(head) or _CHARSET.search(head)
    for name in (declared, inside[1].decode("ascii") if inside else "", fallback):
        known = map_encoding_to_html5(name, False) if name else None
        if known:
            # Like browsers: use the declared encoding, and replace single wrong bytes with U+FFFD.
            return data.decode(known, "replace")
    return None


def _seven_bit(data: bytes, declared: str) -> str | None:
    """Text in a declared encoding that writes other scripts in ASCII, so that it would pass for UTF-8."""
    if not data.isascii():
        return None
    inside = _CHARSET.search(data, 0, 2048) if not declared and b"\x1b" in data else None
    name = declared or (inside[1].decode("ascii") if inside else "")
    known = _SEVEN_BIT.get(name.strip().lower())
    if known == "utf-7-imap":
        data, known = _IMAP_SHIFT.sub(_plus_shift, data.replace(b"+", b"+-")), "utf-7"
    return data.decode(known, "replace") if known else None


def _plus_shift(match: re.Match[bytes]) -> bytes:
    """One shift sequence of IMAP's UTF-7 (RFC 3501) in the form of RFC 2152."""
    return b"+" + match[1].replace(b",", b"/") + b"-" if match[1] else b"&"


def _depth(text: str) -> int:
    """The greatest number of elements open at once, counted without building a tree."""
    depth = deepest = 0
    for end, name in _TAG.findall(text):
        if name.lower() not in _FLAT:
            depth = max(depth - 1, 0) if end else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _extract(
    tree: HTMLTree, *, main_content: bool, skip: list[str] | None = None, links: bool = False
) -> str:
    text = extract_plain_text(
        tree,
        preserve_formatting=True,
        main_content=main_content,
        alt_texts=False,
        comments=False,
        links=links,
        skip_elements=skip or None,
    )
    return _SPACES.sub("\n\n", text).strip()


def keep_lists(html: str) -> str:
    """HTML whose lists are turned into plain blocks, except menus.

    A menu is a list with at least half of its words in links. Resiliparse 2.0 treats every `<ul>` as a menu
    and drops it. This works on the text, because walking a tree takes quadratic time.
    """
    words = linked = 0
    end, link = 0, -1
    open_lists: list[tuple[int, int, int]] = []
    renamed: list[int] = []
    for match in _MARKUP.finditer(html):
        words += match.start() - end
        end = match.end()
        closing, name = match[1], match[2].lower()
        if name == "a":
            linked += words - link if closing and link >= 0 else 0
            link = -1 if closing else words
        elif name == "ul" and not closing:
            open_lists.append((match.start(2), words, linked))
        elif name == "ul" and open_lists:
            start, words_before, linked_before = open_lists.pop()
            if words - words_before > 2 * (linked - linked_before):
                renamed += [start, match.start(2)]
    return _with_names(html, sorted(renamed), "div", len("ul"))


def _with_names(html: str, places: list[int], name: str, length: int) -> str:
    """HTML with `name` instead of the `length` characters at each of `places`."""
    ends = [0, *(place + length for place in places)]
    return name.join(html[start:stop] for start, stop in zip(ends, [*places, len(html)], strict=True))


def _meta(tree: HTMLTree) -> dict[str, str]:
    """`<meta>` contents by name, property or itemprop in lower case; the first of each counts.

    Directives all apply, so they are joined by commas, as repeated headers are.
    """
    found: dict[str, str] = {}
    for element in (child for child in children(tree, "head") if child.tag == "meta"):
        name = next((n for key in ("name", "property", "itemprop") if (n := element.getattr(key))), "")
        name, content = name.strip().lower(), (element.getattr("content") or "").strip()
        if name in _DIRECTIVES and name in found:
            found[name] += f", {content}"
        elif name:
            found.setdefault(name, content)
    return found


def _title(title: str, text: str) -> str:
    """The title, unless the text already starts with it ("Fair | Town" above "Fair …")."""
    first = text.partition("\n")[0].strip().lower()
    return "" if first and first in title.lower() else title


def _html_attribute(tree: HTMLTree, name: str) -> str:
    root = tree.document.query_selector("html") if tree.document is not None else None
    return (root.getattr(name) or "").strip() if root is not None else ""


def _canonical(tree: HTMLTree, meta: Mapping[str, str]) -> str:
    links = (child for child in children(tree, "head") if child.tag == "link")
    canonical = (link.getattr("href") or "" for link in links if link.getattr("rel") == "canonical")
    found = next(canonical, "") or meta.get("og:url", "")
    return found if found.startswith(("http://", "https://")) else ""
