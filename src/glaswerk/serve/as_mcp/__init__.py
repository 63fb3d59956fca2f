"""The lab as an MCP server: search, trace, why and ask, for Claude, ChatGPT or an editor.

Each tool is a request to this server's own API (`asking.py`), with the key of whoever asked: the same rights,
limits and usage, and nothing that the API does not have. `server.py` says what the tools take, `endpoint.py`
is POST /mcp; `glaswerk mcp` has them over standard input and output. Needs the extra `glaswerk[mcp]`.
"""
