"""What the API takes and gives, written once: JSON Schemas that check requests and fill `/openapi.json`.

`schema.py` checks a value, `shapes.py` has schemas that several endpoints share, `operation.py` makes a route
of an operation, `document.py` writes the OpenAPI document of all of them.
"""
