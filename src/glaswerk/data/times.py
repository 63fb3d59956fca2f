"""Times as posts and documents write them, parsed to UTC."""

from __future__ import annotations

from datetime import UTC, datetime

_MONTHS = {
    m: i
    for i, m in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1
    )
}


def parse_time(text: str) -> datetime | None:
    """UTC time from X's format ("Wed Oct 10 20:19:24 +0000 2018") or ISO 8601; None for anything else.

    Archives before 2019 write "2013-05-04 12:00:00 +0000", which is ISO 8601 except for a space. `strptime`
    is not used, because its month names depend on the machine's locale.
    """
    parts = text.split()
    try:
        if len(parts) == 6 and parts[1] in _MONTHS:
            moment = f"{parts[5]}-{_MONTHS[parts[1]]:02}-{int(parts[2]):02}T{parts[3]}{parts[4]}"
        else:
            moment = "".join(parts) if len(parts) == 1 else "T".join(("".join(parts[:1]), "".join(parts[1:])))
        found = datetime.fromisoformat(moment)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
