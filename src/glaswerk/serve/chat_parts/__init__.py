"""What a chat request and its answer are made of: messages, tools, forms, thoughts.

`messages.py`, `tools.py` and `answer_form.py` check the fields of a request; `prompt.py` makes its prompt;
`tool_texts.py` and `thoughts.py` find calls and thoughts in an answer while it is written, and `choice.py`
makes deltas and messages of them.
"""
