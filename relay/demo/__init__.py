"""A small world to try Countersign in: a scripted model, a project folder, agents that keep asking."""
