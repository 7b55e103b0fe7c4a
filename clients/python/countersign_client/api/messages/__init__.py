# Generated from docs/openapi.yaml by `make schema`: do not edit.
"""Contains endpoint functions for accessing the API"""
