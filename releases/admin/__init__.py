"""Admin pages of this app; importing the modules registers them."""

from releases.admin import controls, engines, mcp_panel, publications, releases

__all__ = ["controls", "engines", "mcp_panel", "publications", "releases"]
