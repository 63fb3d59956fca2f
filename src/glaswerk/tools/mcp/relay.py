"""Run a program behind bounds: `python relay.py BYTES PROGRAM …`; a script that needs nothing but Python.

Standard input and output are passed on line by line. A line of more than BYTES, or more than 32 times as much
in a minute, ends the program; so does the end of standard input, however the parent dies.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

_CHUNK = 1 << 16
_GRACE = 2
_PER_MINUTE = 32
_ERRORS = 1 << 18


def main() -> int:
    """Start the program and pass lines on until either side ends."""
    most, command = int(sys.argv[1]), sys.argv[2:]
    pipe = subprocess.PIPE
    # A group of its own: `uvx`, `npx` and shells start the program as a child of theirs.
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    signal.signal(signal.SIGTERM, lambda *_: _end(child))
    for work in (_feed, _errors):
        threading.Thread(target=work, args=(child,), daemon=True).start()
    fine = _pass_on(child, most)
    if fine:
        # Its output has ended; what of it goes on must not outlive the server.
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
    _end(child)
    code = child.wait()
    return code if fine else 3


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the program and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _feed(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    try:
        while data := os.read(0, _CHUNK):
            child.stdin.write(data)
            child.stdin.flush()
        child.stdin.close()
    except OSError:
        return
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_GRACE)
    _end(child)


def _errors(child: "subprocess.Popen[bytes]") -> None:
    """The beginning of what it says to standard error; the rest is read and dropped."""
    assert child.stderr is not None
    left = _ERRORS
    while data := os.read(child.stderr.fileno(), _CHUNK):
        os.write(2, data[:left])
        left = max(0, left - len(data))


def _pass_on(child: "subprocess.Popen[bytes]", most: int) -> bool:
    assert child.stdout is not None
    line, total, began = 0, 0, time.monotonic()
    while data := os.read(child.stdout.fileno(), _CHUNK):
        if time.monotonic() - began > 60:
            total, began = 0, time.monotonic()
        total += len(data)
        last = data.rfind(b"\n")
        line = line + len(data) if last < 0 else len(data) - last - 1
        if line > most or total > _PER_MINUTE * most:
            return False
        while data:
            data = data[os.write(1, data) :]
    return True


if __name__ == "__main__":
    try:
        code = main()
    except OSError as error:
        os.write(2, f"cannot start {sys.argv[2:3]}: {error}\n".encode(errors="replace"))
        code = 127
    # The threads read pipes that may never end.
    os._exit(code if code >= 0 else 128 - code)
