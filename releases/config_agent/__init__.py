"""The one file that keeps an engine's configuration folder, here and beside a remote engine."""
