"""Fixtures and rules for every test."""

import os

pytest_plugins = [
    "tests.support.availability",
    "tests.support.cao_server",
    "tests.support.database",
    "tests.support.engine_lab",
    "tests.support.network",
    "tests.support.properties",
    "tests.support.running_portal",
    "tests.support.servers",
    "tests.support.ssh_server",
]

# Commands that a test starts run under the product's own settings, with this run's environment.
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
