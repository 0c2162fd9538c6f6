"""Promises of modules that are loaded only when somebody wants something of them."""

import subprocess
import sys


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_an_import_costs_nothing_until_it_is_used() -> None:
    """The library that imports the module gets a stand-in; its first use loads the real one."""
    code = """
from ground.deferred import defer
import sys
defer("urllib.request")
import urllib.request
print("http.client" in sys.modules, callable(urllib.request.getproxies), "http.client" in sys.modules)
"""
    assert run(code) == "False True True"


def test_a_name_taken_from_it_is_the_real_one() -> None:
    """`from module import name` works as ever, and so does whoever imports the module afterwards."""
    code = """
from ground.deferred import defer
defer("difflib")
from difflib import get_close_matches
import difflib
print(get_close_matches is difflib.get_close_matches, hasattr(difflib, "no_such_name"))
"""
    assert run(code) == "True False"


def test_what_is_loaded_already_stays() -> None:
    """Deferring comes too late for a module that is there, and harms nothing."""
    code = """
import difflib as before
from ground.deferred import defer
defer("difflib")
import difflib
print(difflib is before)
"""
    assert run(code) == "True"


def test_a_library_does_without_a_module_that_others_have_later() -> None:
    """Only inside the block an import fails, and a module that is loaded already stays."""
    code = """
from ground.deferred import without
import sys
with without("difflib"):
    try:
        import difflib
    except ImportError:
        print("without")
import difflib
with without("difflib"):
    import difflib as again
print(again is difflib)
"""
    assert run(code).split() == ["without", "True"]


def test_the_edge_carries_no_mail_no_archives_and_no_second_event_loop() -> None:
    """What libraries import and the edge never uses stays off a small machine."""
    code = """
import edge.cli, edge.daemon
from edge.readers.registry import kinds, reader_class
[reader_class(kind) for kind in kinds()]
import sys
unwanted = {"asyncio.events", "email.message", "http.client", "importlib.metadata", "sqlite_utils", "zipfile",
            "difflib", "typing_extensions", "json", "edge.probing", "edge.doctor"}
print(sorted(unwanted & set(sys.modules)))
"""
    assert run(code) == "[]"
