"""The daemon at a branch; what its libraries import and it never uses stays off the small machine."""

from ground.deferred import defer

defer("asyncio")  # evdev offers to await events
defer("urllib.request")  # paho looks there for a proxy, where PySocks is installed
