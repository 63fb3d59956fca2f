"""The Responses API: answers that may be stored and continued, and conversations.

`request.py` is what a request may say, `items.py` turns items into messages, `objects.py` builds the
response, `writing.py` its stream, `following.py` the same stream again; `responses.py` and
`conversations.py` have the endpoints, `socket.py` has them over a WebSocket, `compaction.py` shortens a
history, `file_search.py` is the tool that the server itself uses.
"""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.responses.conversations import Conversations
from glaswerk.serve.responses.responses import Responses
from glaswerk.serve.stored.store import Store


def responses_operations(responses: Responses, store: Store) -> Sequence[Operation]:
    """The endpoints of responses and of conversations. What a stopped server left is marked as failed."""
    if store.first:
        responses.fail_what_was_left()
    return [*responses.operations(), *Conversations(store).operations()]
