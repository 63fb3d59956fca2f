"""Tools that a served model may call: what they take, what they give, and what none of them may do.

`tool.py` says what a tool is. `search.py`, `tables.py` and `calculator.py` are Glaswerk's own; none of them
writes anything, reads a file that it is asked for, or reaches a network. `mcp/` has those of MCP servers.
What a tool gives is content: `output.py` cuts it, and takes the marks out of it that a chat template would
read as a turn or a call.
"""

from glaswerk.tools.tool import Outcome, Tool

__all__ = ["Outcome", "Tool"]
