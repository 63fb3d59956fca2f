"""The fields that `tools` prints with --json."""

from __future__ import annotations

from glaswerk.cli.json_sources import Fields

TOOL: Fields = {
    "name": ("string", "As a request names it: a tool of Glaswerk's, or mcp:SERVER."),
    "state": ("string", "ready; of a server: confirmed or not confirmed."),
    "what": ("string", "Of a server: its command or its address."),
}
CONFIRMED_TOOL: Fields = {
    "name": ("string", "Name of the tool at its server."),
    "state": ("string", "allowed: may be called without asking; asks: each call waits for a person."),
    "says": ("string", "What its server says of it; nobody relies on it."),
}
