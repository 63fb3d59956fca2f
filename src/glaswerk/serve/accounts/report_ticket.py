"""Let a browser with a key open the trust report: a link cannot send a key.

With its key the page fetches a ticket for one minute: a cookie that this site alone sends, to /report.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from glaswerk.serve.accounts.keys import Key

REPORT = "/report"
_COOKIE = "glaswerk-report"
_SECONDS = 60


def ticket(key: Key, now: float) -> str:
    """A ticket of a key; every process that knows the key accepts it."""
    until = int(now) + _SECONDS
    return f"{key.id}.{until}.{_sign(key, until)}"


def key_of_ticket(cookies: str, keys: Mapping[str, Key], now: float) -> Key | None:
    """The key whose valid ticket is among a request's cookies, or None."""
    identifier, _, rest = cookie_parser(cookies).get(_COOKIE, "").partition(".")
    until, _, signature = rest.partition(".")
    key = keys.get(identifier)
    if key is None or not (until.isascii() and until.isdigit() and len(until) < 12) or int(until) <= now:
        return None
    # Bytes: other letters than ASCII would be an error, not a difference.
    same = hmac.compare_digest(_sign(key, int(until)).encode(), signature.encode(errors="replace"))
    return key if same else None


async def give_ticket(request: Request) -> Response:
    """POST /v1/glaswerk/report-ticket: 204 with the cookie; without keys there is nothing to give."""
    made = request.app.state.accounts.ticket(request.state.account)
    response = Response(status_code=204)
    if made:
        response.set_cookie(_COOKIE, made, _SECONDS, path=REPORT, httponly=True, samesite="strict")
    return response


def _sign(key: Key, until: int) -> str:
    return hmac.new(key.digest.encode(), f"report {until}".encode(), hashlib.sha256).hexdigest()
