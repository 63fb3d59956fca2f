"""Models of other servers: any OpenAI-compatible URL in lab.toml answers through this gateway.

Keys, limits, usage and the trace against one's own documents work over them as over the lab's models.
Start with `gateway.py`: it takes the requests that name an upstream's model. `settings.py` reads lab.toml,
`client.py` talks to the other server within bounds, `counts.py` counts. Responses and messages are translated
to chat completions: `answerer.py`, with `chat_body.py` for the way there and `answer.py` and `reading.py` for
the way back. `own.py`, `process.py` and `guard.py` run a server of ours, such as vLLM.
"""
