"""All endpoints of the chat page."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.lab import Lab
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.page.chats import Chats
from glaswerk.serve.page.feedback import Feedback
from glaswerk.serve.page.runs import runs_operation
from glaswerk.serve.page.settings import feedback_on
from glaswerk.serve.page.usage import usage_operation
from glaswerk.serve.stored.store import Store


def page_operations(lab: Lab, store: Store, accounts: Accounts) -> Sequence[Operation]:
    """Chats, feedback, usage and runs. Raises GlaswerkError for a wrong setting of the lab."""
    return [
        *Chats(store).operations(),
        *Feedback(store, on=feedback_on(lab)).operations(),
        usage_operation(accounts),
        runs_operation(lab),
    ]
