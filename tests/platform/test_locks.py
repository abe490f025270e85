import json
import re

import pytest

from crm import embedded

ROOT = embedded.CHECKOUT
PYTHON_LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


class TestPythonLocks:
    def test_exist(self) -> None:
        assert "requirements.lock" in PYTHON_LOCKS

    @pytest.mark.parametrize("name", PYTHON_LOCKS)
    def test_pin_every_package_by_hash_and_name_no_host(self, name: str) -> None:
        text = (ROOT / name).read_text()

        entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        assert entries
        for entry in entries:
            assert re.match(r"[\w.-]+==[\w.]+", entry), entry
            assert "--hash=sha256:" in entry, entry
        assert "://" not in text
        assert "index-url" not in text

    def test_agree_with_each_other(self) -> None:
        def pins(name: str) -> dict[str, str]:
            lines = re.findall(
                r"^([\w.-]+)==([\w.]+)", (ROOT / name).read_text(), re.MULTILINE
            )
            return dict(lines)

        development = pins("requirements-dev.lock")

        for name, version in pins("requirements.lock").items():
            assert development[name] == version


class TestFrontEndLock:
    def test_pins_every_package_by_hash_and_names_no_host(self) -> None:
        packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
        packages.pop("")

        assert packages
        for name, package in packages.items():
            assert "resolved" not in package, name
            assert package.get("inBundle") or "integrity" in package, name

    def test_holds_the_builds_for_other_machines(self) -> None:
        packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

        for system in ("darwin-arm64", "linux-arm64-gnu", "linux-x64-gnu"):
            assert f"node_modules/@tailwindcss/oxide-{system}" in packages
