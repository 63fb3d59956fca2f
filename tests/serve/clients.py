"""Clients of a running server, and a key for each of two projects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from openai import OpenAI

from glaswerk.lab import Lab
from glaswerk.serve.accounts.database import open_database
from glaswerk.serve.accounts.key_store import issue_key
from glaswerk.serve.accounts.ledger import Total, totals
from glaswerk.serve.accounts.limits import KeyLimits
from glaswerk.serve.accounts.settings import AccountSettings

from .conftest import Running


@contextmanager
def openai_client(running: Running, key: str = "none") -> Iterator[OpenAI]:
    """OpenAI's own client, which tries nothing twice."""
    with OpenAI(base_url=f"{running.url}/v1", api_key=key, max_retries=0, timeout=60) as client:
        yield client


def key_of(lab: Lab, project: str, models: tuple[str, ...] = (), limits: KeyLimits | None = None) -> str:
    """The text of a new key of a project; without models, for all. limits: over all models."""
    db = open_database(lab.root, AccountSettings.of(lab).accounts, create=True)
    try:
        held = {"": limits} if limits else {}
        return issue_key(db, project=project, name="test", limits=held, models=models)[1]
    finally:
        db.close()


def totals_of(lab: Lab) -> dict[str, Total]:
    """The sums of the lab's ledger by model."""
    db = open_database(lab.root, AccountSettings.of(lab).accounts, create=True)
    try:
        return {total.name: total for total in totals(db, "model")}
    finally:
        db.close()
