"""A program with the command line and the endpoints of `vllm serve`, without a model: what it is asked for,
it says, or it does it: "crash", "hang" (its health ends), "slowly". It checks the key in its environment."""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ["The", " old", " bridge", " stands", "."]
hangs, running = threading.Event(), []


def say(*words: str) -> None:
    """A line of the log."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        """Health, which needs no key."""
        if hangs.is_set():
            time.sleep(3600)
        self.reply({"pid": os.getpid(), "arguments": sys.argv[1:]})

    def do_POST(self) -> None:
        """Chat completions."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self.reply({"error": {"message": "wrong key"}}, 401)
            return
        running.append(self)
        asked = body["messages"][-1]["content"]
        if asked == "crash":
            say("crashing as asked")
            os._exit(3)
        if asked == "hang":
            hangs.set()
        usage = {"prompt_tokens": 3, "completion_tokens": len(WORDS), "total_tokens": 3 + len(WORDS)}
        if body.get("stream"):
            self.stream(body, usage, 0.1 if asked == "slowly" else 0)
        else:
            message = {"role": "assistant", "content": "".join(WORDS)}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
            found = {"id": "x", "object": "chat.completion", "created": 1, "model": body["model"]}
            self.reply(found | {"choices": [choice], "usage": usage})
        running.remove(self)

    def stream(self, body: Any, usage: Any, pause: float) -> None:
        """Word by word."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
        for i, word in enumerate(WORDS):
            finish = "stop" if i == len(WORDS) - 1 else None
            self.event(
                chunk | {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": finish}]}
            )
            time.sleep(pause)
        self.event(chunk | {"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, found: Any) -> None:
        """One event."""
        self.wfile.write(f"data: {json.dumps(found)}\n\n".encode())
        self.wfile.flush()

    def reply(self, found: Any, status: int = 200) -> None:
        """A JSON object."""
        raw = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def drain(*_: Any) -> None:
    """SIGTERM: end after the last answer."""

    def wait() -> None:
        while running:
            time.sleep(0.01)
        say("drained")
        os._exit(0)

    threading.Thread(target=wait).start()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, drain)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    say("serving", *sys.argv[1:])
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
