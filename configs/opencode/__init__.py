"""A team's agents, models and rules as the exact files of an OpenCode engine; pure functions."""
