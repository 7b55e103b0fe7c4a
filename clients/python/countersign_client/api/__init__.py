# Generated from docs/openapi.yaml by `make schema`: do not edit.
"""Contains methods for accessing the API"""
