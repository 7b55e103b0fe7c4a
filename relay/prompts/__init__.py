"""Sends what lies in the outbox of prompts to the engine: each message once, in its chat's order."""
