"""Damages valid files of every format, reads them, and reports what is neither read, counted nor our error.

    python -m bench.fuzz --minutes 20
    python -m bench.fuzz --minutes 2 --only mbox --seed 7 --out findings

Reading happens in a child process with limited memory: a crash of a library, a read beyond the time limit and
an exception other than `GlaswerkError` are findings. Each is written to `--out` with the file that caused it.
Exit code 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import click

from bench.seed import Seed
from bench.seeds import seeds
from glaswerk.core.errors import GlaswerkError
from glaswerk.data import source
from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab

# A damaged file of a few kB is read in milliseconds; a busy machine may need more.
SECONDS, MEMORY = 60, 8 << 30
CASES_A_LAB = 100
TOKENS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r\n\r\n", b'"', b"{", b"[", b"]", b"}", b"<", b">", b"]]>",
    b"<!--", b"-1", b"1e999", b"NaN", b"9" * 25, b"null", b"true", b'"\\ud800"', b"\xff" * 4, b"\x80\0\0\0",
    b"%n", b"../", b"From ", b"\nFrom a Mon Jan  5 10:00:00 2015\n", b"--x\n", b"=?utf-8?b?=?=", b"+AP",
    b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x05\x06", b"WARC/1.0\r\n", b"Content-Length: 99999999999\r\n",
    b"\n--- \n", b",", b"\t",
)  # fmt: skip


class TooSlow(BaseException):
    """A file took longer than SECONDS; no reader may catch this as an error of its own."""


def damaged(content: bytes, others: list[Seed], dice: random.Random) -> bytes:
    """`content` with one to six changes: bytes, pieces, tokens, numbers, or parts of another seed."""
    data = bytearray(content)
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        place, length = dice.randrange(len(data) + 1), dice.choice((1, 1, 4, 30, 500))
        kind = dice.randrange(8)
        if kind == 0 and data:
            data[min(place, len(data) - 1)] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length] * dice.choice((1, 2, 50))
        elif kind == 3:
            data[place:place] = dice.choice(TOKENS)
        elif kind == 4:
            data[place : place + length] = dice.randbytes(length)
        elif kind == 5:
            other = dice.choice(others).content
            start = dice.randrange(len(other))
            data[place : place + length] = other[start : start + length]
        elif kind == 6:
            del data[place:]
        else:
            token = dice.choice(TOKENS)
            data[place : place + len(token)] = token
    return bytes(data)


def read(lab: Lab, seed: Seed, path: Path, name: str) -> str:
    """Add a file as its verb does; returns `read`, or `refused` for our error."""
    add: Any = add_evaluations if seed.verb == "evaluations" else getattr(source, f"add_{seed.verb}")
    rights = {"licence": "CC0-1.0", "acquired": "synthetic"}
    options: dict[str, Any] = {} if seed.verb == "evaluations" else rights
    if seed.messages:
        options["include_direct_messages"] = True
    try:
        made = add(lab, [path], name=name, **options)
    except GlaswerkError as error:
        if not str(error) or len(str(error)) > 5000:
            raise AssertionError(f"a message of {len(str(error))} characters") from error
        return "refused"
    if (made.path / "documents.parquet").exists():
        for row in read_rows(made.path / "documents.parquet"):
            if "\0" in row["text"] or not row["text"].strip():
                raise AssertionError(f"a document with the text {row['text'][:60]!r}")
    return "read"


def _alarm(signum: int, frame: Any) -> None:
    raise TooSlow(f"more than {SECONDS} s")


def worker(seconds: float, number: int, only: str, out: Path) -> None:
    """Read damaged files until the time is over; findings and counts go to `out`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _alarm)
    warnings.simplefilter("error", ResourceWarning)
    dice, end = random.Random(number), time.monotonic() + seconds
    every = seeds()
    chosen = [seed for seed in every if any(part in f"{seed.verb}/{seed.name}" for part in only.split(","))]
    counts: Counter[str] = Counter()
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory() as scratch:
            lab = Lab.init(Path(scratch) / "lab")
            for case in range(CASES_A_LAB):
                if time.monotonic() > end:
                    break
                _case(lab, dice.choice(chosen), every, dice, Path(scratch) / f"c{case}", out, counts)
                (out / f"counts-{number}.json").write_text(json.dumps(counts))


def _case(
    lab: Lab,
    seed: Seed,
    every: list[Seed],
    dice: random.Random,
    folder: Path,
    out: Path,
    counts: Counter[str],
) -> None:
    data = damaged(seed.content, every, dice)
    whole = seed.wrap(data)
    if dice.random() < 0.1:
        whole = damaged(whole, every, dice)
    folder.mkdir()
    path = folder / seed.name
    path.write_bytes(whole)
    # If the process crashes, this file and its name remain.
    current = out / f"crash-{os.getpid()}-{seed.verb}-{seed.name}"
    current.write_bytes(whole)
    signal.alarm(SECONDS)
    try:
        counts[f"{seed.verb} {seed.name}: {read(lab, seed, path, folder.name)}"] += 1
    except (Exception, TooSlow) as error:  # noqa: BLE001 (every other exception is a finding)
        signal.alarm(0)
        place = traceback.extract_tb(error.__traceback__)[-1]
        slug = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
        finding = out / f"finding-{seed.verb}-{slug}"
        if not finding.exists():
            finding.mkdir()
            (finding / seed.name).write_bytes(whole)
            (finding / "traceback.txt").write_text(traceback.format_exc())
        counts[f"{seed.verb} {seed.name}: FINDING {slug}"] += 1
    finally:
        signal.alarm(0)
        current.unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def run(minutes: float, seed: int, only: str, out: Path) -> tuple[Counter[str], list[Path]]:
    """Counts by seed and outcome, and the findings, of a run in child processes."""
    end, number = time.monotonic() + 60 * minutes, seed
    while (left := end - time.monotonic()) > 1:
        options = ["--minutes", str(left / 60), "--seed", str(number), "--only", only, "--out", str(out)]
        command = [sys.executable, "-m", "bench.fuzz", "--worker", *options]
        subprocess.run(command, check=False, timeout=left + 20 * SECONDS)
        number += 1
    counts: Counter[str] = Counter()
    for file in out.glob("counts-*.json"):
        counts.update(json.loads(file.read_text()))
    return counts, sorted(path for path in out.iterdir() if path.name.startswith(("finding-", "crash-")))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="parts of VERB/FILE, such as mbox or posts/,a.ods")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        worker(60 * chosen.minutes, chosen.seed, chosen.only, chosen.out)
        return
    out = chosen.out or Path(tempfile.mkdtemp(prefix="glaswerk-fuzz-"))
    out.mkdir(parents=True, exist_ok=True)
    counts, findings = run(chosen.minutes, chosen.seed, chosen.only, out)
    for name, count in sorted(counts.items()):
        click.echo(f"{count:8,}  {name}")
    click.echo(f"{counts.total():,} files read in {chosen.minutes:g} minutes; {len(findings)} findings")
    for finding in findings:
        click.echo(f"  {finding}")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
