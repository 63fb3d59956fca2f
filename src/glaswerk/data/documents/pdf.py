"""The text layer of PDF files, read by PDFium in a separate process with limited time and memory.

PDFium is the fastest reader and is fuzzed daily, but it is written in C++: a file that crashes it or keeps it
busy must not take the command down. Run as a program, this file reads a PDF from standard input and writes
its title, author, date and pages as JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

_PAGES = 20_000
_CHARACTERS = 64 << 20
_CPU_SECONDS = 120
# PDFium keeps a page's unpacked content and its objects: 1.3 MB took 4.2 GB without this bound.
_MEMORY = 1 << 30
# What the exit code of the process means.
_REASONS = {3: "broken_file", 4: "encrypted", 5: "too_big"}
# Out of time or memory: PDFium ends itself by one of these signals.
_STOPPED = (signal.SIGABRT, signal.SIGILL, signal.SIGTRAP, signal.SIGKILL, getattr(signal, "SIGXCPU", 24))


def read_pdf(data: bytes, counts: Counter[str]) -> dict[str, Any] | None:
    """Fields of a PDF: text (its pages, separated by a blank line), title, author, date.

    None, counted, for a file that has no text layer (scanned pages) or is encrypted, broken or too large.
    """
    # The process limits its CPU time; this timeout is for a machine too busy to finish.
    command = [sys.executable, "-I", "-c", _PROGRAM.format(path=__file__)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=20 * _CPU_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        counts["too_big"] += 1
        return None
    if done.returncode != 0:
        stopped = -done.returncode in _STOPPED or b"MemoryError" in done.stderr
        counts[_REASONS.get(done.returncode, "too_big" if stopped else "broken_file")] += 1
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    if not found["text"].strip():
        counts["no_text_layer"] += 1
        return None
    return found


# Run by path, because -I hides PYTHONPATH: this file needs nothing else from the package.
_PROGRAM = "import runpy; runpy.run_path({path!r}, run_name='__main__')"


def _date(value: str) -> str:
    """ISO 8601 date for PDF's `D:20240131120000+01'00'`; empty for anything else."""
    digits = value.removeprefix("D:")[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdecimal() else ""


def _main() -> int:
    import resource  # missing on Windows, where PDFs count as broken and everything else is read

    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError as error:
        return 4 if "password" in str(error).lower() else 3
    if len(document) > _PAGES:
        return 5
    pages, left = [], _CHARACTERS
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_range(errors="replace")
            page.close()
        except pypdfium2.PdfiumError:
            continue
        left -= len(text)
        if left < 0:
            return 5
        pages.append(text.replace("\r\n", "\n").replace("\ufffe", "-").strip())
    about = document.get_metadata_dict(skip_empty=True)
    found = {
        "text": "\n\n".join(page for page in pages if page),
        "title": about.get("Title", ""),
        "author": about.get("Author", ""),
        "date": _date(about.get("CreationDate", "")),
    }
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
