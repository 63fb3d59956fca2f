"""Public IP addresses of hosts."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from glaswerk.data.filters.pii.rule import Rule, has_decimal, has_hexadecimal

_IPV4 = re.compile(
    r"\d(?<![\w/=&#@.,%+-].)(?:\d{1,2})?\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-])(?!\.\w)", re.ASCII
)
_VERSION = re.compile(
    r"(?:\bv|versions?|releases?|builds?|firmware|drivers?|treiber|update|kapitel|chapter|section|abschnitt|§)"
    r"[\s:#(=]{0,3}$",
    re.IGNORECASE,
)
# Only global unicast addresses (2000::/3, RFC 4291); other addresses name no host on the internet.
_IPV6 = re.compile(r"[23](?<![\w:./@-].)[0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]|\.\w)", re.ASCII)


def _ipv4(match: re.Match[str]) -> bool:
    """Whether this is the public address of a host. Hosts' addresses do not end in 0; many versions do.

    One part must have three digits: only 2 % of all addresses have none, but most versions and section
    numbers (4.2.1.10) have none.
    """
    try:
        address = IPv4Address(match[0])
    except AddressValueError:
        return False
    before = match.string[max(0, match.start() - 12) : match.start()]
    packed = address.packed
    public = address.is_global and packed[3] != 0 and max(packed) >= 100
    return public and not _VERSION.search(before)


def _ipv6(match: re.Match[str]) -> bool:
    try:
        return IPv6Address(match[0]).is_global
    except AddressValueError:
        return False


RULES = (Rule("ip", has_decimal, _IPV4, _ipv4), Rule("ip", has_hexadecimal, _IPV6, _ipv6))
