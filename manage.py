#!/usr/bin/env python
"""Django's command line for Countersign: `manage.py up`, `migrate`, `connect_opencode` and the rest."""

import os
import sys


def main() -> None:
    """Run the command named in the arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        message = "Django is not installed in this interpreter: run `make run`, or use .venv/bin/python."
        raise SystemExit(message) from error
    from portal.env import SettingError

    try:
        execute_from_command_line(sys.argv)
    except SettingError as error:
        # A wrong setting: its sentence says what to do; where it was found helps nobody.
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
