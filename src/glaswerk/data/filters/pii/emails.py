"""E-mail addresses, also beside scripts without spaces and spelled out (name [at] host, name AT host DOT io).

An address is written in one script: in 请联系anna@example.org获取 only the Latin letters belong to it. An
address in another script (почта@пример.рф) ends where its script ends; where words are not separated, only
the known top-level domains of that script end it (IANA's list, 2026).
"""

from __future__ import annotations

import re

from glaswerk.data.filters.pii.rule import Rule
from glaswerk.data.scripts import LATIN, UNSPACED

_L = f"{LATIN}0-9"
# Letters of other scripts, with the vowel signs that Python does not count as letters.
_O = rf"(?:(?![{_L}_])\w|[\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e])"
_SPACED = rf"(?:(?![{_L}_{UNSPACED}])\w|[\u0900-\u0963\u0966-\u0dff])"
_TLD = (
    rf"(?:xn--[a-zA-Z0-9-]{{2,59}}|[{LATIN}]{{2,24}})(?![{_L}])"
    "|中国|中國|中信|中文网|公司|网络|網絡|网址|网站|网店|商城|商店|商标|香港|台湾|台灣|新加坡|澳門"
    "|政务|政府|公益|机构|在线|我爱你|手机"
    "|集团|企业|移动|时尚|游戏|娱乐|慈善|餐厅|世界|大拿|佛山|广东|健康|信息|招聘|组织机构|みんな|コム|グーグル|クラウド|ストア|セール|ポイント|ไทย|คอม|ລາວ"
    rf"|{_SPACED}{{2,24}}"
)
_LABEL = rf"(?:[{_L}](?:[{_L}_-]{{0,61}}[{_L}])?|{_O}(?:(?:{_O}|[0-9-]){{0,61}}{_O})?)"
# An apostrophe may be inside the local part (O'Neil); before it, it is a quotation mark.
_LATIN_LOCAL = rf"(?<![{_L}_.+%-])[{_L}_.+%-][{_L}_.+%'’-]{{0,63}}+(?<!['’])(?<![{_L}][.'’]{{2}})"
_OTHER_LOCAL = rf"(?<!{_O})(?<![.+%-]){_O}(?:{_O}|[0-9_.+%-]){{0,63}}+"
_HOST = rf"(?:{_LABEL}\.){{1,8}}(?:{_TLD})"
# Most texts with the sign mention accounts; this looks for an address from the sign on.
_NEAR = re.compile(r"@(?<=[^\s@]@)[^\s@.]{1,63}\.")
_EMAIL = re.compile(rf"(?:{_LATIN_LOCAL}|{_OTHER_LOCAL})@{_HOST}")

# Spelled-out forms are ASCII. Names of the sign in brackets need no more evidence than a host with a dot.
_AT = (
    r"(?:\s{0,3}[\[({<]\s{0,2}(?i:at|ät|@|arroba|chiocciola|apenstaartje|małpa)\s{0,2}[\])}>]\s{0,3}"
    r"|&#64;|&#x40;|&commat;|%40)"
)
_DOT = (
    r"(?:\.|\s{0,3}[\[({<]\s{0,2}(?i:dot|punkt|punto|point|ponto|punt|kropka|\.)\s{0,2}[\])}>]\s{0,3}"
    r"|\s{1,3}(?i:dot)\s{1,3})"
)
_NAME = r"(?<![A-Za-z0-9_.+%-])[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,63}+"
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_BRACKETED = re.compile(
    rf"{_NAME}(?:{_DOT}[A-Za-z0-9_+-]{{1,63}}){{0,3}}?{_AT}(?:{_PART}{_DOT}){{1,4}}"
    r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_SIGNS = re.compile(
    r"[\[({<]\s{0,2}(?:at|ät|@|arroba|chioc|apens|małpa)|&#(?:64|x40);|&commat;|%40", re.IGNORECASE
)
# "look at this dot com" is a sentence: without brackets, AT and DOT are in capitals beside other words, or
# the name has a dot, a digit or an underscore.
_SAID = re.compile(
    rf"(?P<name>{_NAME}(?:\s{{1,3}}(?i:dot)\s{{1,3}}[A-Za-z0-9_+-]{{1,63}}){{0,3}})"
    r"\s{1,3}(?P<at>(?i:at))\s{1,3}"
    rf"(?P<host>(?:{_PART}\s{{1,3}}(?i:dot)\s{{1,3}}){{1,3}})(?P<end>[A-Za-z]{{2,24}})(?![A-Za-z0-9])"
)
_SPELLED = re.compile(r"[._0-9]|\s(?i:dot)\s")


def _said(match: re.Match[str]) -> bool:
    if _SPELLED.search(match["name"]):
        return True
    rest = match["name"] + match["end"]
    return match["at"] == "AT" and " DOT " in match[0] and not rest.isupper()


def _has_sign(text: str) -> bool:
    brackets = "(" in text or "[" in text or "<" in text or "{" in text
    return (brackets or "&" in text or "%40" in text) and _SIGNS.search(text) is not None


def _mentions_dot(text: str) -> bool:
    return " dot " in text or " DOT " in text


RULES = (
    Rule("email", lambda text: "@" in text and _NEAR.search(text) is not None, _EMAIL),
    Rule("email", _has_sign, _BRACKETED),
    Rule("email", _mentions_dot, _SAID, _said),
)
