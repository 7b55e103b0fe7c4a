# Generated from docs/openapi.yaml by `make schema`: do not edit.
"""A client library for accessing Countersign"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
