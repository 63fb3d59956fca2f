"""Models of other servers: any OpenAI-compatible URL in lab.toml answers through this gateway.

Keys, limits, usage and the trace against one's own documents work over them as over the lab's models.
Start with `gateway.py`: it takes the requests that name an upstream's model. `settings.py` reads lab.toml,
`client.py` talks to the other server within bounds, `stream.py` reads its events.
"""
