#!/usr/bin/env python
"""Django's command line for the service leads."""

import os
import sys
from pathlib import Path

# The repository root takes the place of this folder, whose celery.py would shadow the library.
sys.path[0] = str(Path(__file__).resolve().parents[2])

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.leads.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
