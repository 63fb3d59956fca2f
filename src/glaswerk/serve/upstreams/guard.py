"""Run a program that ends with us: `python guard.py PROGRAM …`, whose standard input is a pipe of the parent.

When the parent dies, however it dies, the pipe ends, and so does the program: first it may finish its
answers (SIGTERM), then it is killed, with all of its own processes. Needs nothing but Python.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 30


def main() -> int:
    """Start the program and wait for its end, for the end of the pipe or for SIGTERM."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    over = threading.Event()

    def end(*_: object) -> None:
        over.set()

    def watch() -> None:
        while os.read(0, 1):
            pass
        over.set()

    def stop() -> None:
        over.wait()
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    for work in (watch, stop):
        threading.Thread(target=work, daemon=True).start()
    code = child.wait()
    # What it left behind.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
