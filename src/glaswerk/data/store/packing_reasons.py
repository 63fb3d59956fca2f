"""Why dialogues, or answers in them, are left out while a corpus is packed."""

from __future__ import annotations

from glaswerk.data.store.reason import Reason

PACKING = {
    "template_refuses": Reason(
        "A dialogue that the chat template of adopted weights refuses; some want roles to alternate.",
        "Correct the roles and their order, add the chats again, then curate and pack.",
    ),
    "answer_not_found": Reason(
        "An answer that is not in the text the chat template writes, so tuning does not learn it.",
        "Mark answers with {% generation %} in chat_template.jinja, adopt the weights again, then pack.",
    ),
}
