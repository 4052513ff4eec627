"""A process: one heap for all threads, and files that it may have open."""

import platform
import subprocess
import sys

import pytest

CODE = """
import ctypes, threading
from warehouse.process import share_heaps
share_heaps()
together = threading.Barrier(4)
def allocate() -> None:
    together.wait()
    held = bytearray(100_000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's heaps")
def test_threads_allocate_from_one_heap() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stderr.count("Arena ") == 1, done.stderr


@pytest.mark.parametrize(("wanted", "allowed"), [(50, 100), (150, 150), (300, 200)])
def test_files_are_allowed_as_far_as_the_system_does(wanted: int, allowed: int) -> None:
    code = (
        "import resource\n"
        "from warehouse.process import allow_open_files\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))\n"
        f"allow_open_files({wanted})\n"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(allowed), "200"]
