"""The fields that `keys`, `usage` and `feedback` print with --json."""

from __future__ import annotations

from glaswerk.cli.json_sources import Fields

KEY: Fields = {
    "id": ("string", "Id of the key, part of its text; no secret."),
    "project": ("string", "The project that its usage and its stored things belong to."),
    "name": ("string", "What it was named."),
    "state": ("string", "active, expired or revoked."),
    "models": ("list", "Models that it may use; empty: all."),
    "endpoints": ("list", "Endpoints that it may call, such as chat/completions; empty: all."),
    "limits": ("object", "Limits by model; those of the empty name count all models together."),
    "limits.*": ("object", "requests and tokens a minute, concurrent answers, spend a month."),
    "created": ("integer", "When it was made, in seconds since 1970."),
    "expires": ("integer or null", "When it expires, in seconds since 1970."),
    "revoked": ("integer or null", "When it was revoked, in seconds since 1970."),
}
KEY_CREATED: Fields = {
    **KEY,
    "key": ("string or null", "The key itself, which is never shown again; null with --dry-run."),
    "dry_run": ("boolean", "True if nothing was made."),
}
KEYS_REVOKED: Fields = {
    "revoked": ("list", "Keys that were revoked, or would be with --dry-run."),
    "revoked[].id": ("string", "Id of the key."),
    "revoked[].name": ("string", "What it was named."),
    "revoked[].project": ("string", "Its project."),
    "dry_run": ("boolean", "True if nothing was revoked."),
}
USAGE: Fields = {
    "by": ("string", "What the sums are by."),
    "since": ("integer", "They begin here, in milliseconds since 1970."),
    "totals": ("list", "One sum for each name."),
    "totals[].name": ("string", "Project, key id, model, endpoint or day (UTC)."),
    "totals[].requests": ("integer", "Answers, finished or cut, without those to retries."),
    "totals[].prompt": ("integer", "Tokens of the prompts."),
    "totals[].cached": ("integer", "Those of them that were not computed again."),
    "totals[].completion": ("integer", "Tokens that were generated."),
    "totals[].spend": ("integer", "Price by the lab's table, in micro-units."),
    "totals[].repeats": (
        "integer",
        "Answers to retries of an Idempotency-Key; not in the other sums.",
    ),
}
FEEDBACK: Fields = {
    "good": ("integer", "Answers whose last rating is good."),
    "bad": ("integer", "Answers whose last rating is bad."),
    "pairs": ("integer", "Preference pairs: a good and a bad answer to the same messages."),
}
