"""Floor 11: the OpenAI-compatible gateway, the chat page, and the sources panel beside an answer.

In: trained models of the lab, and HTTP requests. Out: answers (`POST /v1/chat/completions`), the training
documents that contain an answer's words verbatim, the trust report, and the chat page in `static/`.

Start with `app.py`: its table of routes leads to every endpoint. The life of a chat request: `security.py`,
`request_body.py`, `chat_request.py` (checks), `chat.py` (endpoint), `pool.py` (how many at once),
`generation.py` (from the engine's thread), `chat_response.py`. Tools, forms and thoughts of chats are in
`chat_parts/`, plain completions in `completions/`; `fields.py` checks what several endpoints have.

Which models there are is in `offers/` (`current.py`: which one a request is about), which are in memory in
`loaded/`, and other servers, ours with vLLM too, in `upstreams/`.

Endpoints with a contract are in `endpoints`: `contract/` checks requests by the schemas that
`/openapi.json` shows, `answering` asks the model for them, `stored/` keeps what clients store;
`responses/`, `messages/` and `vectors/` are the endpoints, `observed/` has figures and the description.

What the sources panel shows: `sources.py` has its endpoints and builds the JSON of a trace;
`source_documents.py` decides what may be shown of a document and gives its history; `static/sources.js` draws
the panel, `static/document.js` a complete document, `static/novelty.js` the line below an answer.
`accounts/` knows who asks, what they may and what they used.
`recent_answers.py` remembers answers so that they can be traced later. `model_info.py` fills "About this
model".
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glaswerk.serve.app import create_app
    from glaswerk.serve.server import serve

__all__ = ["create_app", "serve"]
_MODULES = {"create_app": "glaswerk.serve.app", "serve": "glaswerk.serve.server"}


def __getattr__(name: str) -> Any:
    # On first use: `glaswerk keys` needs the accounts, and not torch.
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'glaswerk.serve' has no attribute {name!r}")
