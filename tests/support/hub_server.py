"""A small server that speaks the API of Hugging Face's hub, as much as downloading a model needs.

It serves folders as repositories, each at one commit, and can misbehave as hubs and networks do.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_INFO = re.compile(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?")
_FILE = re.compile(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_LFS = (".safetensors", ".bin", ".gguf")


@dataclass
class Hub:
    """Repositories by name, and what goes wrong with them.

    `cut`: file → bytes after which the connection breaks, once; `stalled`: after which nothing more comes
    until `released`. `sizes`: file → the size that the list says.
    `swapped`: file → other content than listed. `extra`: file → bytes that come after the end.
    `asked`: method, path and range of every request.
    """

    repos: dict[str, Path] = field(default_factory=dict)
    revisions: dict[str, str] = field(default_factory=lambda: {"main": COMMIT, "v1.0": COMMIT})
    gated: bool = False
    garbage: bytes = b""
    status: int = 0
    no_ranges: bool = False
    card: dict[str, Any] = field(default_factory=lambda: {"license": "apache-2.0"})
    cut: dict[str, int] = field(default_factory=dict)
    stalled: dict[str, int] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    sizes: dict[str, Any] = field(default_factory=dict)
    swapped: dict[str, bytes] = field(default_factory=dict)
    extra: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    endpoint: str = ""

    def fetched(self) -> list[str]:
        """Names of the files whose content was asked for, in order."""
        return [
            path.rsplit("/", 1)[-1]
            for method, path, _ in self.asked
            if method == "GET" and "/resolve/" in path
        ]


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The hub on a port of this machine, its `endpoint` set."""

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def git_hash(content: bytes) -> str:
    """The name of a blob in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub, path = self.served, urlsplit(self.path).path
        hub.asked.append((self.command, path, self.headers.get("Range", "")))
        if hub.status:
            self._send(hub.status, b"busy", body=body)
        elif found := _FILE.fullmatch(path):
            self._file(*found.groups(), body=body)
        elif found := _INFO.fullmatch(path):
            self._info(found[1], unquote(found[2] or "main"))
        else:
            self._send(404, b"", body=body)

    def _send(self, status: int, content: bytes, *, body: bool = True, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def _info(self, repo: str, revision: str) -> None:
        hub = self.served
        if hub.garbage:
            self._send(200, hub.garbage, Content_Type="application/json")
        elif repo not in hub.repos:
            self._send(404, b"", X_Error_Code="RepoNotFound", X_Error_Message="Repository not found")
        elif revision not in (*hub.revisions, *hub.revisions.values()):
            self._send(404, b"", X_Error_Code="RevisionNotFound", X_Error_Message="Invalid rev id")
        else:
            said = self._listed(repo, hub.revisions.get(revision, revision))
            self._send(200, json.dumps(said).encode(), Content_Type="application/json")

    def _listed(self, repo: str, commit: str) -> dict[str, Any]:
        hub, root = self.served, self.served.repos[repo]
        siblings = []
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            name, content = file.relative_to(root).as_posix(), file.read_bytes()
            size = hub.sizes.get(name, len(content))
            entry: dict[str, Any] = {"rfilename": name, "size": size, "blobId": git_hash(content)}
            if name.endswith(_LFS):
                entry["lfs"] = {
                    "size": size,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "pointerSize": 134,
                }
            siblings.append(entry)
        gated = "manual" if hub.gated else False
        return {
            "id": repo,
            "modelId": repo,
            "sha": commit,
            "gated": gated,
            "private": False,
            "tags": [],
            "cardData": hub.card,
            "siblings": siblings,
        }

    def _file(self, repo: str, revision: str, name: str, *, body: bool) -> None:
        hub, name = self.served, unquote(name)
        path = hub.repos.get(repo, Path("missing")) / name
        if hub.gated:
            self._send(403, b"", body=body, X_Error_Code="GatedRepo", X_Error_Message="Access is restricted")
            return
        if not path.is_file():
            self._send(404, b"", body=body, X_Error_Code="EntryNotFound", X_Error_Message="Entry not found")
            return
        listed, content = path.read_bytes(), hub.swapped.get(name, path.read_bytes())
        headers = {"X_Repo_Commit": hub.revisions.get(revision, revision), "Accept_Ranges": "bytes"}
        if name.endswith(_LFS):
            size = str(hub.sizes.get(name, len(listed)))
            headers |= {"X_Linked_Size": size, "X_Linked_ETag": f'"{hashlib.sha256(listed).hexdigest()}"'}
        headers["ETag"] = f'"{git_hash(listed)}"'
        if not body:
            self._send(200, content, body=False, **headers)
            return
        self._content(name, content, headers)

    def _content(self, name: str, content: bytes, headers: dict[str, str]) -> None:
        hub, status = self.served, 200
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked and not hub.no_ranges:
            status, start = 206, int(asked[1])
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            content = content[start:]
        if name in hub.extra:
            # Without a length, the answer ends with the connection.
            self.close_connection = True
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content + hub.extra[name])
            return
        if (cut := hub.stalled.pop(name, None)) is not None:
            self.close_connection = True
            self._send(status, content[:cut], Content_Length=str(len(content)), **headers)
            self.wfile.flush()
            hub.released.wait(120)
            return
        if (cut := hub.cut.pop(name, None)) is not None:
            headers["Content_Length"] = str(len(content))
            self.close_connection = True
            self._send(status, content[:cut], **headers)
            return
        self._send(status, content, **headers)
