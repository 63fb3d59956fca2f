"""Private messages from exports of WhatsApp, Telegram, Slack, Discord, Facebook, Instagram and LinkedIn.

In go the files of an export; out come messages with author and date, all private, and an account's own posts
with the audience that the export states. Start at `detect.py`, which recognises the files by their content;
`readers.py` chooses the reader of each program.
"""
