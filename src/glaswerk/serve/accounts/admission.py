"""Whether the limits of a key admit a request: one transaction over buckets, leases and spend.

A request takes its largest number of tokens before it starts, and gives back what it did not use. A lease
holds its place among the answers at once, and its largest price; the process that runs it renews it, so that
the leases of a process that was killed run out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from glaswerk.serve.accounts.database import Database
from glaswerk.serve.accounts.limits import Bucket, KeyLimits, reset_words

LEASE_MS = 30_000
# Answers to one idempotency key: the first, and the two retries of OpenAI's clients.
ANSWERS_ONCE = 3
_BUCKETS = ("requests", "tokens")


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request may take at most, and the limits that count for it, by scope ("" or its model)."""

    id: str
    key: str
    model: str
    tokens: int
    spend: int
    limits: dict[str, KeyLimits]
    once: str | None = None
    endpoint: str = ""
    prompt: int = 0

    @property
    def counts(self) -> bool:
        """Whether anything must be asked of the database."""
        return bool(self.limits) or self.once is not None

    @property
    def leases(self) -> bool:
        """Whether a lease is needed."""
        held = any(one.concurrent is not None or one.spend is not None for one in self.limits.values())
        return held or self.once is not None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not admitted. `wait`: milliseconds after which it may be, None: never as it is."""

    message: str
    code: str
    wait: int | None
    status: int = 429
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The headers that tell the client what is left."""

    headers: dict[str, str]


# Buckets of a key by scope and kind.
_Buckets = dict[tuple[str, str], Bucket]


def admit(db: Database, demand: Demand, now: int) -> Admitted | Refusal:
    """Take what a request may need, or refuse it and take nothing. Runs in a transaction.

    now: milliseconds since 1970.
    """
    found = refusal(db, demand, now)
    if found is not None:
        return found
    need = _need(demand)
    buckets = _buckets(db, demand, now)
    taken = {name: bucket.less(need[name[1]]) for name, bucket in buckets.items()}
    for name, bucket in taken.items():
        _keep(db, demand.key, name, bucket)
    if demand.leases:
        db.execute(
            "INSERT INTO lease (id, key, model, spend, once, until) VALUES (?,?,?,?,?,?) "
            "ON CONFLICT (id) DO UPDATE SET until = excluded.until",
            *(demand.id, demand.key, demand.model, demand.spend, demand.once, now + LEASE_MS),
        )
    return Admitted(_headers(taken))


def refusal(db: Database, demand: Demand, now: int) -> Refusal | None:
    """Why a request would not be admitted; None if it would be. Takes nothing. Runs in a transaction."""
    buckets = _buckets(db, demand, now)
    found = (
        _repeated(db, demand, now)
        or _short(buckets, _need(demand))
        or _crowded(db, demand, now)
        or _spent(db, demand, now)
    )
    return found and replace(found, headers=_headers(buckets))


def _need(demand: Demand) -> dict[str, int]:
    return {"requests": 1, "tokens": demand.tokens}


def _buckets(db: Database, demand: Demand, now: int) -> _Buckets:
    return {
        (scope, kind): _bucket(db, demand.key, scope, kind, limit, now)
        for scope, limits in demand.limits.items()
        for kind in _BUCKETS
        if (limit := getattr(limits, kind)) is not None
    }


def settle(db: Database, demand: Demand, tokens: int, now: int) -> None:
    """Give back the tokens that were not used, and the lease. Runs in a transaction."""
    unused = demand.tokens - tokens
    for scope, limits in demand.limits.items():
        if limits.tokens is not None and unused:
            bucket = _bucket(db, demand.key, scope, "tokens", limits.tokens, now)
            _keep(db, demand.key, (scope, "tokens"), bucket.less(-unused))
    if demand.leases:
        db.execute("DELETE FROM lease WHERE id = ?", demand.id)


def renew(db: Database, leases: list[str], now: int) -> None:
    """Keep the leases of running answers, and forget those that ran out."""
    for lease in leases:
        db.execute("UPDATE lease SET until = ? WHERE id = ?", now + LEASE_MS, lease)
    db.execute("DELETE FROM lease WHERE until < ?", now - LEASE_MS)


def month_of(now: int) -> int:
    """The month of a time, in UTC: 202611."""
    day = datetime.fromtimestamp(now / 1000, UTC)
    return day.year * 100 + day.month


def _until_next_month(now: int) -> int:
    day = datetime.fromtimestamp(now / 1000, UTC)
    month = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return int((month + timedelta(days=32)).replace(day=1).timestamp() * 1000) - now


def _bucket(db: Database, key: str, scope: str, kind: str, limit: int, now: int) -> Bucket:
    rows = db.execute(
        "SELECT level, at FROM bucket WHERE key = ? AND model = ? AND kind = ?", key, scope, kind
    )
    return Bucket(limit, *rows[0]).flowed(now) if rows else Bucket.full(limit, now)


def _keep(db: Database, key: str, name: tuple[str, str], bucket: Bucket) -> None:
    db.execute(
        "INSERT INTO bucket (key, model, kind, level, at) VALUES (?,?,?,?,?) ON CONFLICT (key, model, kind) "
        "DO UPDATE SET level = excluded.level, at = excluded.at",
        *(key, *name, bucket.level, bucket.at),
    )


def _short(buckets: _Buckets, need: dict[str, int]) -> Refusal | None:
    """The bucket that takes longest to have what is needed."""
    short = [(bucket.wait(need[name[1]]), name, bucket) for name, bucket in buckets.items()]
    wait, (scope, kind), bucket = max(short, key=lambda one: one[0], default=(0, ("", ""), None))
    if bucket is None or not wait:
        return None
    where = f"{kind} a minute" + (f" with the model {scope!r:.80}" if scope else "")
    found = (
        f"expected up to {bucket.limit:,} {where}, found {need[kind]:,} more with {bucket.remaining:,} left"
    )
    if need[kind] > bucket.limit:
        return Refusal(f"{found}; ask for fewer with max_tokens", "rate_limit_exceeded", None)
    return Refusal(f"{found}; try again in {reset_words(wait)}", "rate_limit_exceeded", wait)


def _crowded(db: Database, demand: Demand, now: int) -> Refusal | None:
    for scope, limits in demand.limits.items():
        running = _held(db, demand.key, scope, now)[0] if limits.concurrent is not None else 0
        if limits.concurrent is not None and running >= limits.concurrent:
            message = f"expected up to {limits.concurrent:,} answers at once, found {running:,} running"
            return Refusal(message, "rate_limit_exceeded", 1000)
    return None


def _spent(db: Database, demand: Demand, now: int) -> Refusal | None:
    for scope, limits in demand.limits.items():
        if limits.spend is None:
            continue
        spent = _spend(db, demand.key, scope, now) + _held(db, demand.key, scope, now)[1]
        if spent + demand.spend > limits.spend:
            message = (
                f"expected to spend up to {limits.spend:,} micro-units this month, found {spent:,} spent or "
                f"reserved and {demand.spend:,} more"
            )
            return Refusal(message, "insufficient_quota", _until_next_month(now))
    return None


def _held(db: Database, key: str, scope: str, now: int) -> tuple[int, int]:
    """Number and largest price of the key's running answers, with one model or ("") with all."""
    where, values = ("AND model = ?", (scope,)) if scope else ("", ())
    count, spend = db.execute(
        f"SELECT count(*), coalesce(sum(spend), 0) FROM lease WHERE key = ? AND until > ? {where}",
        *(key, now, *values),
    )[0]
    return int(count), int(spend)


def _spend(db: Database, key: str, scope: str, now: int) -> int:
    where, values = ("AND model = ?", (scope,)) if scope else ("", ())
    rows = db.execute(
        f"SELECT coalesce(sum(spend), 0) FROM spent WHERE key = ? AND month = ? {where}",
        *(key, month_of(now), *values),
    )
    return int(rows[0][0])


def _repeated(db: Database, demand: Demand, now: int) -> Refusal | None:
    """Of an idempotency key: one answer at a time, few in all, and for the same request only."""
    if demand.once is None:
        return None
    same = (demand.key, demand.once)
    if db.execute("SELECT 1 FROM lease WHERE key = ? AND once = ? AND until > ?", *same, now):
        message = "a request with this Idempotency-Key is running; wait for its answer"
        return Refusal(message, "idempotency_key_in_use", 1000, 409)
    rows = db.execute(
        "SELECT model, endpoint, prompt FROM usage WHERE key = ? AND once = ? AND finish <> 'cut'", *same
    )
    if any(row != (demand.model, demand.endpoint, demand.prompt) for row in map(tuple, rows)):
        message = "this Idempotency-Key was used for another request; use a new one for each"
        return Refusal(message, "idempotency_key_reused", None, 409)
    if len(rows) >= ANSWERS_ONCE:
        message = f"this Idempotency-Key was answered {len(rows)} times; use a new one"
        return Refusal(message, "idempotency_key_reused", None, 409)
    return None


def _headers(buckets: _Buckets) -> dict[str, str]:
    """OpenAI's headers; of several limits of a kind, those of the one with the least left."""
    found = {}
    for kind in _BUCKETS:
        bucket = min(
            (one for name, one in buckets.items() if name[1] == kind),
            key=lambda one: one.level / one.limit,
            default=None,
        )
        if bucket is not None:
            found[f"x-ratelimit-limit-{kind}"] = str(bucket.limit)
            found[f"x-ratelimit-remaining-{kind}"] = str(bucket.remaining)
            found[f"x-ratelimit-reset-{kind}"] = reset_words(bucket.wait(bucket.limit))
    return found
