"""Messages in exports of WhatsApp, Viber, Signal, Telegram, iMessage, SMS, Slack, Discord, Meta and others.

In go the files of an export; out come messages with author and date, all private except what was said in
channels of IRC, and an account's own posts with the audience that the export states. Start at `detect.py`,
which recognises the files by their content; `readers.py` chooses the reader of each program.
"""
