"""Files in which agents, prompts and rules come and go: pure readers and writers, without Django.

A reader makes `Draft`s and a report of every field (`drafts.py`); `registry.py` lists the formats and tells
them apart. Nothing here knows what is stored: names become objects in `configs.domain.imports`.
"""
