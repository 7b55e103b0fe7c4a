"""Admin pages of this app; importing the modules registers them."""

from releases.admin import controls, engines, publications, releases

__all__ = ["controls", "engines", "publications", "releases"]
