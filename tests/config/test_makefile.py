import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", ROOT, "--no-print-directory", *arguments], capture_output=True, text=True)


def test_an_old_or_missing_python_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    refused = make("run", "PYTHON=python2.99", f"VENV={tmp_path / 'venv'}")
    assert refused.stderr.splitlines()[:2] == [
        "Guanxi needs Python 3.11 or later; 'python2.99' is not one.",
        "Install a newer one, or name it: make run PYTHON=/path/to/python3.11",
    ]
    assert (refused.returncode, list(tmp_path.iterdir())) == (2, [])


def test_a_python_without_venv_is_told_which_package_has_it(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$2" = venv ] && {{ mkdir -p "$3/bin"; exit 1; }}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    refused = make("run", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}")
    assert "On Debian and Ubuntu: apt-get install python3-venv. Then run make again." in refused.stderr
    assert (refused.returncode, (tmp_path / "venv").exists()) == (2, False)


def test_what_is_installed_is_not_installed_again(tmp_path: Path) -> None:
    for name in ("bin/pip", ".run-installed", ".dev-installed"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    done = make("install", "install-dev", f"VENV={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Installing" not in done.stdout
