"""Admin pages of this app; importing the modules registers them."""

from reviews.admin import delegations, policies, reviews

__all__ = ["delegations", "policies", "reviews"]
