"""The accounts of a running gateway: what its endpoints call.

An endpoint that generates does three things:

    usage = await request.app.state.accounts.begin(
        request.state.account, model="chat", endpoint="chat/completions",
        prompt_tokens=12, max_tokens=512, response="chatcmpl-…",
    )
    usage.count(prompt, cached, completion)                 # while it runs: what a cut answer has used
    await usage.finish(prompt, cached, completion, "stop")  # before the answer's last byte is sent

`begin` raises ApiError 403 if the key may not use the model and 429 if a limit is reached. It takes the
prompt and `max_tokens` (times the number of choices) from the key's tokens; `finish` gives back what was not
used. At the end of the request, `middleware.py` records whatever did not finish as cut and frees its place.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.accounts.account import Account, Counts, Usage
from glaswerk.serve.accounts.admission import Admitted, Demand, Refusal, admit, refusal, renew, settle
from glaswerk.serve.accounts.database import Database, open_database
from glaswerk.serve.accounts.key_store import all_keys, keys_version
from glaswerk.serve.accounts.keys import Key, proven
from glaswerk.serve.accounts.ledger import Entry, Total, owner, record, totals
from glaswerk.serve.accounts.report_ticket import key_of_ticket, ticket
from glaswerk.serve.accounts.settings import AccountSettings
from glaswerk.serve.accounts.worker import Unavailable, Worker
from glaswerk.serve.errors import ApiError

Result = TypeVar("Result")
# Without a look at the database for this long, a key may have been revoked.
_STALE_SECONDS = 30
# Leases live for 30 seconds.
_RENEW_SECONDS = 10


class Accounts:
    """Keys in memory, half a second old at most, and the thread that writes limits and usage."""

    def __init__(self, lab: Lab, settings: AccountSettings, *, loopback: bool) -> None:
        """Raises GlaswerkError if others can reach the server and there is no key yet."""
        self._settings, self._loopback = settings, loopback
        self._version, self._keys = _read_keys(lab, settings)
        if not loopback and not any(key.state(time.time()) == "active" for key in self._keys.values()):
            raise GlaswerkError(
                "expected a key for a server that other machines can reach, found none that is active",
                hint="glaswerk keys create laptop",
            )
        connect = partial(open_database, lab.root, settings.accounts, create=True)
        self._worker = Worker(connect, self._tick)
        self._leases: dict[str, Demand] = {}
        self._renewed = 0.0

    @classmethod
    def open(cls, lab: Lab, *, loopback: bool) -> Accounts:
        """The accounts of a lab, as its settings say. loopback: only this machine can reach the server."""
        return cls(lab, AccountSettings.of(lab), loopback=loopback)

    def start(self) -> None:
        """Begin to follow changes of keys."""
        self._worker.start()

    def close(self) -> None:
        """Write what is not written yet."""
        self._worker.close()

    @property
    def open_to_all(self) -> bool:
        """Whether requests need no key: only this machine can reach the server, and there never was one."""
        return self._loopback and not self._keys

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return self._loopback

    def key_of(self, text: str) -> Key | None:
        """The key that `text` is, revoked and expired ones too, or None.

        Raises ApiError 503 if keys may have been revoked unseen.
        """
        since = self._worker.failing_since
        if since is not None and time.monotonic() - since > _STALE_SECONDS:
            raise _unavailable()
        return proven(text, self._keys)

    def account_of(self, identifier: str) -> Account | None:
        """The account of a key's id, for work that goes on after its request; None if it may ask no more."""
        if not identifier:
            return Account() if self.open_to_all else None
        key = self._keys.get(identifier)
        if key is None or key.state(time.time()) != "active":
            return None
        return Account(key.project, key.id, key.models, key.limits)

    def ticket(self, account: Account) -> str:
        """A ticket for the trust report; "" if the account has no key."""
        key = self._keys.get(account.key)
        return ticket(key, time.time()) if key else ""

    def key_of_ticket(self, cookies: str) -> Key | None:
        """The active key whose ticket is among the cookies of a request, or None."""
        key = key_of_ticket(cookies, self._keys, time.time())
        return key if key and key.state(time.time()) == "active" else None

    async def begin(
        self,
        account: Account,
        *,
        model: str,
        endpoint: str,
        prompt_tokens: int,
        max_tokens: int,
        response: str = "",
    ) -> Usage:
        """Admit one answer; see the head of this file.

        response: id of the response, once each: a second end under it is not recorded. `owns` knows it.
        Raises ApiError 403 for a model that is not the key's, 429 with Retry-After for a limit, 409 for an
        Idempotency-Key in use, 503 without a database.
        """
        account.check(model)
        price = self._settings.price(model)
        demand = Demand(
            id=response or f"req_{secrets.token_hex(12)}",
            key=account.key,
            model=model,
            tokens=prompt_tokens + max_tokens,
            spend=price.of(prompt_tokens, 0, max_tokens),
            limits={scope: account.limits[scope] for scope in ("", model) if scope in account.limits},
            once=account.once,
            endpoint=endpoint,
            prompt=prompt_tokens,
        )
        if demand.counts:
            await self._admit(account, demand)
        usage = Usage(
            partial(self._write, account, demand), partial(self._post, account, demand), account.key
        )
        account.usages.append(usage)
        return usage

    async def check(self, account: Account, model: str, tokens: int) -> None:
        """Whether one more answer of so few tokens could begin, before costly work for it; takes nothing.

        Raises ApiError 403 and 429 as `begin`, which may still refuse an answer that is large.
        """
        account.check(model)
        limits = {scope: account.limits[scope] for scope in ("", model) if scope in account.limits}
        if not limits:
            return
        demand = Demand("", account.key, model, tokens, 0, limits)
        found = await self._run(lambda db: refusal(db, demand, _now()), demand.key)
        if found is not None:
            account.headers.update(found.headers)
            raise _refused(found)

    async def owns(self, account: Account, response: str) -> bool:
        """Whether a response is of the account's project. On a server without keys, every response is."""
        if not account.key:
            return True
        return await self._run(lambda db: owner(db, response), "") == account.project

    async def _admit(self, account: Account, demand: Demand) -> None:
        found: list[Admitted | Refusal] = []

        def job(db: Database) -> Admitted | Refusal:
            found[:] = [admit(db, demand, _now())]
            return found[0]

        def undo(db: Database) -> None:
            if found and isinstance(found[0], Admitted):
                settle(db, demand, 0, _now())

        try:
            result = await self._run(job, demand.key)
        except ApiError:
            raise
        except BaseException:  # the client left while this waited
            self._worker.post(undo, demand.key)
            raise
        account.headers.update(result.headers)
        if isinstance(result, Refusal):
            raise _refused(result)
        if demand.leases:
            self._leases[demand.id] = demand

    async def _write(self, account: Account, demand: Demand, counts: Counts) -> None:
        await self._run(self._record(account, demand, counts), demand.key, keep=True)

    def _post(self, account: Account, demand: Demand, counts: Counts) -> None:
        self._worker.post(self._record(account, demand, counts), demand.key)

    def _record(self, account: Account, demand: Demand, counts: Counts) -> partial[None]:
        """The job that records an answer's end, under the time of now."""
        self._leases.pop(demand.id, None)
        prompt, cached, completion, finish = counts
        entry = Entry(
            response=demand.id,
            once=demand.once,
            at=_now(),
            project=account.project,
            key=account.key,
            model=demand.model,
            endpoint=demand.endpoint,
            prompt=prompt,
            cached=cached,
            completion=completion,
            spend=self._settings.price(demand.model).of(prompt, cached, completion),
            finish=finish,
        )
        return partial(record, entry=entry, demand=demand)

    async def used(self, project: str) -> tuple[list[Total], list[Total]]:
        """What a project used by day and by model. Raises ApiError 503 while the database is away."""

        def job(db: Database) -> tuple[list[Total], list[Total]]:
            return totals(db, "day", project=project), totals(db, "model", project=project)

        return await self._run(job, "")

    async def _run(self, job: Callable[[Database], Result], lock: str, *, keep: bool = False) -> Result:
        try:
            return await self._worker.run(job, lock, keep=keep)
        except Unavailable as error:
            raise _unavailable() from error

    def _tick(self, db: Database) -> None:
        """Twice a second, in the worker's thread."""
        version = keys_version(db)
        if version != self._version:
            self._version, self._keys = version, all_keys(db)
        if time.monotonic() - self._renewed >= _RENEW_SECONDS:
            self._renewed = time.monotonic()
            with db.transaction():
                renew(db, list(self._leases), _now())


def _read_keys(lab: Lab, settings: AccountSettings) -> tuple[int, dict[str, Key]]:
    """(version, keys) of a lab, which stays as it is."""
    db = open_database(lab.root, settings.accounts, create=False)
    try:
        return keys_version(db), all_keys(db)
    finally:
        db.close()


def _refused(refusal: Refusal) -> ApiError:
    # Without a time after which to try again, a client that tries again wastes its requests.
    wait = refusal.wait
    headers = {"x-should-retry": "false"} if wait is None else {"retry-after": str(max(1, -(-wait // 1000)))}
    return ApiError(refusal.status, refusal.message, code=refusal.code, headers=headers)


def _unavailable() -> ApiError:
    message = "the accounts cannot be reached; the server's terminal shows the cause"
    return ApiError(503, message, code="accounts_unavailable", headers={"retry-after": "5"})


def _now() -> int:
    return time.time_ns() // 1_000_000
