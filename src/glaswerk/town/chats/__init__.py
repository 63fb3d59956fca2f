"""Chats for tuning."""
