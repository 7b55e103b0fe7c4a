"""What a fresh machine needs before Django can be imported, and the servers that tests start.

Standard library only: it runs before anything is installed. `python3 -m deploy.bootstrap STEP` runs one step;
the Makefile calls the steps that a target needs. Each step may be repeated without harm.
"""
