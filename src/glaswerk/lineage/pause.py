"""The pause of a lab: one flag that training and serving obey, in a log that can only grow.

`pause-log.jsonl`: one entry a line, each with the digest of the line before it, so that an entry cannot be
changed or taken out unnoticed. Anyone may pause, signed or not: to stop must be easy. To go on takes two of
the keys that the policy names, both over the digest of the entry that paused. What cannot be read or checked
counts as paused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import LAB_SETTINGS
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.ids import digest_bytes
from glaswerk.lineage.policy import read_policy
from glaswerk.lineage.signed_text import canonical, signed, signers

PAUSE_LOG = "pause-log.jsonl"
NEEDED = 2
_PURPOSE = {"pause": "pause/1", "resume": "resume/1"}
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PauseState:
    """`why`: the reason in words, "" if work may go on; `given`: who has signed the resumption so far."""

    why: str
    entries: Sequence[Entry] = ()
    given: frozenset[str] = frozenset()


def paused(root: Path) -> str:
    """Why the lab at `root` is paused, "" if it is not."""
    return pause_state(root).why


def pause_state(root: Path) -> PauseState:
    """The state of the log. A damaged log, or signatures that cannot be checked, count as paused."""
    path = root / PAUSE_LOG
    if not path.exists():
        return PauseState("")
    try:
        lines = [line for line in path.read_bytes().split(b"\n") if line.strip()]
        entries = _entries(lines)
        return _state(root, entries, lines)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, GlaswerkError) as error:
        return PauseState(f"the log {path} cannot be checked, which counts as paused: {error}")


def pause(root: Path, why: str, key: Path | None = None) -> None:
    """Add an entry that pauses, signed if there is a key. Raises GlaswerkError if the lab is paused."""
    state = pause_state(root)
    if state.why:
        raise GlaswerkError(f"the lab is paused already: {state.why}", hint="glaswerk resume --key KEY")
    _add(root, {"action": "pause", "why": why}, key)


def resume(root: Path, keys: Sequence[Path]) -> PauseState:
    """Add a signature for each key; with two of the policy's, work may go on. Returns the state after it.

    Raises GlaswerkError if the lab is not paused, its log is damaged, there is no policy, or a key is not
    one of its.
    """
    state = pause_state(root)
    if not state.why:
        raise GlaswerkError("the lab is not paused", hint="glaswerk pause --why WORDS pauses it")
    if not state.entries:
        raise GlaswerkError(state.why, hint=f"restore {PAUSE_LOG} from a copy")
    policy = read_policy(root)
    if policy is None or len(policy.keys) < NEEDED:
        raise GlaswerkError(
            f"expected a policy that names {NEEDED} keys, without which nobody can resume",
            hint="glaswerk gate --new policy.toml --holder ada=ada.key --holder ben=ben.key",
        )
    for key in keys:
        entry = {"action": "resume", "of": _digest(_lines(root)[_last_pause(state.entries)])}
        said = canonical(entry)
        if not signers(_PURPOSE["resume"], said, [signed(_PURPOSE["resume"], said, key)], policy.keys):
            raise GlaswerkError(
                f"expected a key of the policy ({', '.join(policy.keys)}), found {key}",
                hint="glaswerk resume --key KEY",
            )
        _add(root, entry, key)
    return pause_state(root)


class PauseWatch:
    """Looks at the log of the lab above a folder, at most once a change: cheap enough for every step."""

    def __init__(self, folder: Path) -> None:
        above = (place for place in (folder.resolve(), *folder.resolve().parents))
        self._root = next((place for place in above if (place / LAB_SETTINGS).is_file()), None)
        self._seen: tuple[int, int] | None = None
        self._why = ""

    def why(self) -> str:
        """Why the lab is paused now, "" if it is not, or if there is no lab."""
        if self._root is None:
            return ""
        try:
            stat = os.stat(self._root / PAUSE_LOG)
        except FileNotFoundError:
            return ""
        if (seen := (stat.st_mtime_ns, stat.st_size)) != self._seen:
            self._seen, self._why = seen, paused(self._root)
        return self._why


def _entries(lines: Sequence[bytes]) -> list[Entry]:
    before, found = "", []
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        if entry["previous"] != before or entry["said"]["action"] not in _PURPOSE:
            raise ValueError(f"entry {number} does not follow the one before it")
        before = _digest(line)
        found.append(entry)
    return found


def _state(root: Path, entries: Sequence[Entry], lines: Sequence[bytes]) -> PauseState:
    if not entries:
        return PauseState("")
    last = _last_pause(entries)
    opened = entries[last]
    given: set[str] = set()
    if resumed := entries[last + 1 :]:
        policy = read_policy(root)
        keys = policy.keys if policy else {}
        for entry in resumed:
            if entry["said"].get("of") == _digest(lines[last]):
                said = canonical(entry["said"])
                given |= signers(_PURPOSE["resume"], said, entry["signatures"], keys)
    if len(given) >= NEEDED:
        return PauseState("", entries)
    words = f"paused on {opened['at']}: {opened['said']['why']}"
    if given:
        words += f" ({', '.join(sorted(given))} would resume; {NEEDED} keys are needed)"
    return PauseState(words, entries, frozenset(given))


def _last_pause(entries: Sequence[Entry]) -> int:
    return max(i for i, entry in enumerate(entries) if entry["said"]["action"] == "pause")


def _add(root: Path, said: Mapping[str, Any], key: Path | None) -> None:
    lines = _lines(root)
    purpose = _PURPOSE[said["action"]]
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "previous": _digest(lines[-1]) if lines else "",
        "said": said,
        "signatures": [signed(purpose, canonical(said), key)] if key else [],
    }
    write_atomic(root / PAUSE_LOG, b"".join(line + b"\n" for line in (*lines, canonical(entry))))


def _lines(root: Path) -> list[bytes]:
    path = root / PAUSE_LOG
    return [line for line in path.read_bytes().split(b"\n") if line.strip()] if path.exists() else []


def _digest(line: bytes) -> str:
    return digest_bytes(line)
