"""The daemon at a branch; what its libraries import and it never uses stays off the small machine."""

from ground.deferred import defer, without

defer("ast")  # inspect could parse what it looks at
defer("asyncio")  # evdev offers to await events
defer("bz2")  # argparse asks shutil, which packs archives, how wide the terminal is
defer("ipaddress")  # pathlib has its quoting from urllib.parse, which checks addresses
defer("lzma")  # as bz2
defer("urllib.request")  # paho looks there for a proxy, where PySocks is installed

with without("typing_extensions"):  # msgspec prefers it, where it is, to what Python has itself
    import msgspec  # noqa: F401
