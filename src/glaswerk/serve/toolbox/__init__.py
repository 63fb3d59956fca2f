"""Calls that this server makes for a model: which tools there are, the rounds of an answer, and approvals.

`toolbox.py` finds the tools that a request names. `rounds.py` lets a model call them and read on, over any
`Answerer`. `approvals.py` keeps calls that a person must agree to. `chat.py` is in front of chat completions;
the Responses API has the same rounds as items.
"""
