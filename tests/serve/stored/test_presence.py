"""Who comes first to stored things, among processes that come, go and are killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from glaswerk.serve.stored.presence import Presence
from glaswerk.serve.stored.store import Store

_STAYS = """
import sys, time
from pathlib import Path
from glaswerk.serve.stored.presence import Presence
here = Presence(Path(sys.argv[1]))
print(here.first, flush=True)
time.sleep(600)
"""


def test_one_that_comes_later_is_not_first_until_the_others_are_gone_however_they_ended(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    words = [sys.executable, "-c", _STAYS, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        second = Presence(path)
        assert not second.first
        process.send_signal(signal.SIGKILL)
    # The second one is still there.
    assert not Presence(path).first
    second.leave()
    assert Presence(path).first


def test_a_folder_that_cannot_be_written_makes_everybody_first(tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "lock"
    assert (Presence(nowhere).first, Presence(nowhere).first) == (True, True)


def test_a_store_that_is_closed_lets_the_next_one_be_first(tmp_path: Path) -> None:
    one = Store(tmp_path / "stored.db")
    two = Store(tmp_path / "stored.db")
    assert (one.first, two.first) == (True, False)
    one.close()
    two.close()
    three = Store(tmp_path / "stored.db")
    assert three.first
    three.close()
