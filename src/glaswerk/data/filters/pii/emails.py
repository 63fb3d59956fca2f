"""E-mail addresses, also beside scripts without spaces; those that are spelled out: `spelled_emails`.

An address is written in one script: in 请联系anna@example.org获取 only the Latin letters belong to it. An
address in another script (почта@пример.рф) ends where its script ends; where words are not separated, only
the known top-level domains of that script end it (IANA's list, 2026).
"""

from __future__ import annotations

import re

from glaswerk.data.filters.pii import spelled_emails
from glaswerk.data.filters.pii.rule import Rule, contains
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
# "john doe"@example.org (RFC 5321, 4.1.2), and hosts given by their number: lena@[149.112.112.112].
_QUOTED = re.compile(rf"\"(?:[^\"\\\n]|\\[^\n]){{1,64}}\"@(?:{_HOST}|\[(?:IPv6:)?[0-9a-fA-F.:]{{2,45}}\])")
_LITERAL = re.compile(rf"(?:{_LATIN_LOCAL})@\[(?:IPv6:)?[0-9a-fA-F.:]{{2,45}}\]")

RULES = (
    Rule("email", contains('"@'), _QUOTED),
    Rule("email", contains("@["), _LITERAL),
    Rule("email", lambda text: "@" in text and _NEAR.search(text) is not None, _EMAIL),
    *spelled_emails.RULES,
)
