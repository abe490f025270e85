"""The browser for the suite: the machine's Chromium, else the one inside an npm package.

Nothing is downloaded here. The package holds headless Chromium, its fonts and libraries in
archives, which are unpacked once into var/.
"""

import fcntl
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import brotli
import pytest

from crm import embedded

PACKAGE = embedded.CHECKOUT / "node_modules" / "@sparticuz" / "chromium"
ARCHIVES = ("fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br")
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{fonts}/cache</cachedir></fontconfig>
"""
PIECE = 1024 * 1024

# Playwright's own event loop runs in the thread of the tests, where Django would refuse queries.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


class BrowserFixtures:
    """Registered after pytest-playwright, so that this fixture takes the place of its own."""

    @pytest.fixture(scope="session")
    @classmethod
    def browser_type_launch_args(cls) -> dict[str, Any]:
        return launch_arguments()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(BrowserFixtures(), "browser-fixtures")


def launch_arguments() -> dict[str, Any]:
    """Return what Playwright needs to launch the browser that is there.

    Raises pytest.fail.Exception when there is none.
    """
    # Root and containers have no sandbox, and the suite opens only our own pages.
    common = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]
    for name in ("chromium", "chromium-browser", "google-chrome-stable"):
        if path := shutil.which(name):
            return {"executable_path": path, "args": common}
    return packaged_arguments(common)


def packaged_arguments(common: list[str]) -> dict[str, Any]:
    """Return the launch arguments of the packaged Chromium, unpacked if it is not yet."""
    if not PACKAGE.exists():
        pytest.fail(f"There is no Chromium on the PATH, and none in {PACKAGE}.")
    folder = unpacked()
    binary = folder / "chromium"
    # The package's own fonts, and its libraries where the machine lacks one that Chromium needs.
    environment = {**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")}
    if "not found" in subprocess.check_output(["ldd", binary], text=True):
        environment["LD_LIBRARY_PATH"] = str(folder / "al2023" / "lib")
    return {
        "executable_path": str(binary),
        "args": [*common, "--no-zygote", "--disable-gpu"],
        "env": environment,
    }


def unpacked() -> Path:
    """Return the folder with the unpacked Chromium; of several processes one unpacks it."""
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = embedded.var_dir() / "chromium" / version
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = folder.with_name(f"{version}.new")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            inflate(PACKAGE / "bin" / "chromium.br", draft / "chromium")
            (draft / "chromium").chmod(0o755)
            for name in ARCHIVES:
                tar = draft / name.removesuffix(".br")
                inflate(PACKAGE / "bin" / name, tar)
                target = draft / tar.stem if name == "al2023.tar.br" else draft
                with tarfile.open(tar) as archive:
                    archive.extractall(target, filter="data")
                tar.unlink()
            # The package's own file names the folders of another machine.
            (draft / "fonts.conf").write_text(
                FONTS.format(fonts=escape(f"{folder}/fonts"))
            )
            draft.rename(folder)
    return folder


def inflate(source: Path, target: Path) -> None:
    decoder = brotli.Decompressor()
    with source.open("rb") as packed, target.open("wb") as plain:
        while piece := packed.read(PIECE):
            plain.write(decoder.process(piece))
