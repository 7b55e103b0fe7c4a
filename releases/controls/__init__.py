"""How a release reaches an engine's configuration folder, and who restarts the engine.

`interface` is what the rest of Countersign uses; one module for each kind of control. `config_agent/` beside
this holds the one file that both this host and a remote one run on the folder itself.
"""
