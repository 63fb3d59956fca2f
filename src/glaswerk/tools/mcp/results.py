"""What an MCP server answered, as text. Pictures, sound and other bytes are named, not read."""

from __future__ import annotations

import json
from typing import Any

from glaswerk.tools.output import LONGEST, outcome
from glaswerk.tools.tool import Outcome

# Of what is looked at before it is cut: an answer may have ten thousand parts.
_LOOKED_AT = 200


def outcome_of(result: Any) -> Outcome:
    """The text of a `CallToolResult`: its texts in their order, or its structured content without any."""
    parts = list(getattr(result, "content", None) or ())
    texts, size = [], 0
    for part in parts[:_LOOKED_AT]:
        text = _text(part)
        texts.append(text[: LONGEST + 1])
        size += len(text)
    if not parts and getattr(result, "structured_content", None) is not None:
        texts = [json.dumps(result.structured_content, ensure_ascii=False, default=str)]
        size = len(texts[0])
    if len(parts) > _LOOKED_AT:
        texts.append(f"[{len(parts) - _LOOKED_AT:,} more parts are left out]")
    found = outcome("\n".join(texts), failed=bool(getattr(result, "is_error", False)))
    left_out = max(0, size - LONGEST)
    return Outcome(found.text or "(nothing)", found.failed, max(found.left_out, left_out))


def _text(part: Any) -> str:
    kind = getattr(part, "type", "")
    if kind == "text":
        return str(part.text)
    if kind in ("image", "audio"):
        return f"[{kind}, {len(str(part.data)):,} characters of {str(part.mime_type)[:60]}: not read]"
    if kind == "resource":
        text = getattr(part.resource, "text", None)
        return str(text) if text is not None else "[bytes: not read]"
    if kind == "resource_link":
        # Named, so that the model knows of it; nobody follows it.
        return f"[a link to {str(part.uri)[:200]}: not followed]"
    return f"[{str(kind)[:40] or 'an unknown part'}: not read]"
