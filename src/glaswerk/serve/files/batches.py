"""The endpoints of batches: the requests of a file, answered in the background, a few at a time.

Each answer is stored as it comes, so a batch that a stopped server left resumes where it was.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response

from glaswerk.core.terminal import note
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, METADATA, PAGING, TEXT, TIME, kind, listed, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.batch_lines import Line, read_lines
from glaswerk.serve.files.files import EXPIRES, add_file
from glaswerk.serve.files.in_process import ask_self
from glaswerk.serve.stored.store import Store, in_parts, new_id, now

Body = dict[str, Any]
ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/moderations")
_TOGETHER, _TRIES, _LIVE = 4, 60, ("validating", "in_progress", "finalizing", "cancelling")
_CREATE = object_of(
    {
        "input_file_id": ID,
        "endpoint": {"type": "string", "enum": list(ENDPOINTS)},
        "completion_window": kind("24h"),
    },
    {"metadata": METADATA, "output_expires_after": EXPIRES},
)
_BATCH: Schema = {
    "type": "object",
    "required": ["id", "object", "endpoint", "input_file_id", "completion_window", "status", "created_at"],
    "properties": {
        "id": TEXT,
        "endpoint": TEXT,
        "input_file_id": TEXT,
        "completion_window": TEXT,
        "created_at": TIME,
        "object": kind("batch"),
        "status": {"type": "string", "enum": [*_LIVE, "completed", "failed", "cancelled", "expired"]},
    },
}


class Batches:
    """The batches of each project. `start` them with the application, `close` them with it."""

    def __init__(self, store: Store, account: Callable[[str], Account | None]) -> None:
        """account: of a key's id, None if it may ask nothing more."""
        self._store, self._account = store, account
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_TOGETHER)

    def start(self, app: Starlette) -> None:
        """Go on with what a stopped server left, unless another server is there, whose work it may be."""
        if not self._store.first:
            return
        for project, batch in self._store.everywhere("batch"):
            if batch["status"] in _LIVE:
                self._begin(app, project, batch["id"])

    async def close(self) -> None:
        """Stop; what is not answered yet is answered after the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, one = "batches", "/v1/batches/{batch_id}"
        return [
            Operation("POST", "/v1/batches", tag, "Begin a batch", self.create, _CREATE, _BATCH),
            Operation("GET", "/v1/batches", tag, "All batches", self.list, None, listed(_BATCH), PAGING),
            Operation("GET", one, tag, "A batch", self.find, None, _BATCH),
            Operation("POST", f"{one}/cancel", tag, "Stop it", self.cancel, {}, _BATCH),
        ]

    async def create(self, call: Call) -> Response:
        """POST /v1/batches."""
        await self._store.run(self._check_file, call)
        made: Body = {
            "id": new_id("batch"),
            "object": "batch",
            **{name: call.body[name] for name in ("endpoint", "input_file_id", "completion_window")},
            "errors": None,
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": now(),
            "expires_at": now() + 86_400,
            **dict.fromkeys(f"{word}_at" for word in ("in_progress", "finalizing", "completed", "failed")),
            **dict.fromkeys(f"{word}_at" for word in ("expired", "cancelling", "cancelled")),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": call.body.get("metadata") or {},
        }
        secret = {"id": made["id"], "key": call.request.state.account.key}
        secret["output_expires_after"] = call.body.get("output_expires_after")

        def work() -> None:
            self._store.add(call.project, "batch", made)
            self._store.add(call.project, "batch_key", secret, parent=made["id"])

        await self._store.run(self._store.together, work)
        self._begin(call.request.app, call.project, made["id"])
        return JSONResponse(made)

    def _check_file(self, call: Call) -> None:
        name = call.body["input_file_id"]
        file = self._store.get(call.project, "file", name, param="input_file_id")
        if file["purpose"] != "batch":
            message = f"input_file_id must be a file with the purpose batch, found {file['purpose']}"
            raise ApiError(400, message, param="input_file_id", code="invalid_value")

    async def list(self, call: Call) -> Response:
        """GET /v1/batches."""
        return JSONResponse(await self._store.run(self._store.page, call.project, "batch", call.query))

    async def find(self, call: Call) -> Response:
        """GET /v1/batches/{id}."""
        return JSONResponse(
            await self._store.run(self._store.get, call.project, "batch", call.path("batch_id"))
        )

    async def cancel(self, call: Call) -> Response:
        """POST /v1/batches/{id}/cancel: answers that are there already are in the output."""
        found = await self._store.run(self._store.get, call.project, "batch", call.path("batch_id"))
        if found["status"] not in _LIVE:
            message = f"expected a batch that still runs, found one that is {found['status']}"
            raise ApiError(400, message, param="batch_id", code="invalid_value")
        task = self._tasks.get(found["id"])
        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=10)
        work = _Work(self._store, call.project, found["id"])
        return JSONResponse(await self._store.run(work.end, "cancelled"))

    def _begin(self, app: Starlette, project: str, name: str) -> None:
        task = asyncio.create_task(self._run(app, _Work(self._store, project, name)))
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def _run(self, app: Starlette, work: _Work) -> None:
        try:
            lines = await self._store.run(work.lines)
            async with asyncio.timeout(work.expires_at - now()):
                await asyncio.gather(*(self._line(app, work, line) for line in lines))
            await self._store.run(work.end, "completed")
        except TimeoutError:
            await self._store.run(work.expire)
        except _Bad:
            return
        except Exception as error:
            note(f"warning: the batch {work.name} stopped: {error}")
            await self._store.run(
                work.fail, [_problem("server_error", "the server failed on this batch", None)]
            )
            raise

    async def _line(self, app: Starlette, work: _Work, line: Line) -> None:
        async with self._places:
            account = self._account(work.key)
            if account is None:
                await self._store.run(work.keep, line, 401, {"error": {"message": "the key is gone"}})
                return
            status, answer = await self._asked(app, account, line)
            await self._store.run(work.keep, line, status, answer)

    async def _asked(self, app: Starlette, account: Account, line: Line) -> tuple[int, Any]:
        for _ in range(_TRIES):
            account.headers.clear()
            status, answer = await ask_self(app, account, line.url, line.body)
            if status != 429:
                break
            await asyncio.sleep(1)
        return status, answer


class _Bad(Exception):
    """The input file is none; the batch says why."""


class _Work:
    """What is stored of one batch."""

    def __init__(self, store: Store, project: str, name: str) -> None:
        self._store, self._project, self.name = store, project, name
        self.key, self.expires_at = "", 0

    def _get(self) -> Body:
        return self._store.get(self._project, "batch", self.name)

    def lines(self) -> list[Line]:
        """The lines that are not answered yet. Raises _Bad if the file is wrong."""
        batch = self._get()
        self.key = self._store.get(self._project, "batch_key", self.name, self.name)["key"]
        self.expires_at = batch["expires_at"]
        try:
            data = b"".join(self._store.content(self._project, "file", batch["input_file_id"]))
            lines, problems = read_lines(data, batch["endpoint"])
        except ApiError as error:
            lines, problems = [], [_problem("file_not_found", error.message, None)]
        if problems:
            self.fail(problems)
            raise _Bad
        done = {answer["id"] for answer in self._store.all(self._project, "batch_line", self.name)}
        total = batch["request_counts"] | {"total": len(lines)}
        fresh = {"status": "in_progress", "in_progress_at": batch["in_progress_at"] or now()}
        self._store.change(self._project, "batch", batch | fresh | {"request_counts": total})
        return [line for line in lines if line.id not in done]

    def keep(self, line: Line, status: int, answer: Any) -> None:
        """Store the answer to a line."""
        response = {"status_code": status, "request_id": new_id("req"), "body": answer}
        self._keep(line, response, None)

    def expire(self) -> None:
        """End the batch, whose time is over; lines without an answer say so."""
        batch = self._get()
        data = b"".join(self._store.content(self._project, "file", batch["input_file_id"]))
        done = {answer["id"] for answer in self._store.all(self._project, "batch_line", self.name)}
        message = "the batch expired before this request was answered"
        for line in read_lines(data, batch["endpoint"])[0]:
            if line.id not in done:
                self._keep(line, None, {"code": "batch_expired", "message": message})
        self.end("expired")

    def _keep(self, line: Line, response: Body | None, error: Body | None) -> None:
        good = response is not None and response["status_code"] == 200
        body = {
            "id": line.id,
            "custom_id": line.custom_id,
            "response": response,
            "error": error,
        }

        def work() -> None:
            self._store.add(self._project, "batch_line", body, parent=self.name)
            batch = self._get()
            counts = dict(batch["request_counts"])
            counts["completed" if good else "failed"] += 1
            self._store.change(self._project, "batch", batch | {"request_counts": counts})

        self._store.together(work)

    def end(self, status: str) -> Body:
        """Write the files; the batch at its end."""

        def work() -> Body:
            answers = list(self._store.all(self._project, "batch_line", self.name))
            good = [one for one in answers if _is_good(one)]
            bad = [one for one in answers if not _is_good(one)]
            batch = self._get() | {
                "status": status,
                f"{status}_at": now(),
                "output_file_id": self._file(good, "output"),
                "error_file_id": self._file(bad, "errors"),
            }
            self._store.change(self._project, "batch", batch)
            for one in answers:
                self._store.remove(self._project, "batch_line", one["id"], self.name)
            return batch

        return self._store.together(work)

    def _file(self, answers: Sequence[Body], word: str) -> str | None:
        if not answers:
            return None
        ordered = sorted(answers, key=lambda one: int(one["id"].removeprefix("line_")))
        data = "".join(json.dumps(one) + "\n" for one in ordered).encode()
        parts: Iterator[bytes] = in_parts(data)
        name = f"{self.name}_{word}.jsonl"
        expires = self._store.get(self._project, "batch_key", self.name, self.name).get(
            "output_expires_after"
        )
        return str(
            add_file(self._store, self._project, name, "batch_output", parts, len(data), expires)["id"]
        )

    def fail(self, problems: list[Body]) -> None:
        """End the batch with what was wrong."""
        errors = {"object": "list", "data": problems}
        failed = self._get() | {"status": "failed", "failed_at": now(), "errors": errors}
        self._store.change(self._project, "batch", failed)


def _is_good(answer: Body) -> bool:
    return answer["response"] is not None and answer["response"]["status_code"] == 200


def _problem(code: str, message: str, line: int | None) -> Body:
    return {"code": code, "message": message, "line": line, "param": None}
