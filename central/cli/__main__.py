"""Lets `python -m central.cli` stand for `punchwire-central`."""

import sys

from central.cli import main

sys.exit(main())
