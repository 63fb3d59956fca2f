"""Tools of MCP servers that the user added: over standard input and output, or over HTTP.

`settings.py` reads [serve.mcp.NAME]; nothing is started or reached before the user has confirmed it on this
machine (`confirmed.py`). `connection.py` holds one server for as long as it lives, `tools_of.py` makes tools
of what it lists, `results.py` text of what it answers. The protocol is the official SDK's, the extra
`glaswerk[mcp]`. Specification: https://modelcontextprotocol.io/specification
"""
