"""What a fresh machine needs before Django can be imported. Standard library only.

`python3 -m deploy STEP` runs one step; the Makefile calls the steps a target needs. Each step is idempotent.
"""
