"""The browser of the tests: the machine's own Chromium. Where it is missing a test is skipped, and fails under CI."""

import os
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needed = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium on this machine: apt-get install chromium"
)
