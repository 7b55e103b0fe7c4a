"""What an MCP server offers: asked for, put into numbers, compared, and read with suspicion."""

from mcp_servers.probing.client import LocalServer, probe
from mcp_servers.probing.comparing import ListingChange, compare_listings
from mcp_servers.probing.digests import Digests, digests
from mcp_servers.probing.limits import ProbeError, ProbeLimits
from mcp_servers.probing.linting import lint_listing
from mcp_servers.probing.listing import Listing, ListingError
from mcp_servers.probing.remote import RemoteServer, visit

__all__ = [
    "Digests",
    "Listing",
    "ListingChange",
    "ListingError",
    "LocalServer",
    "ProbeError",
    "ProbeLimits",
    "RemoteServer",
    "compare_listings",
    "digests",
    "lint_listing",
    "probe",
    "visit",
]
