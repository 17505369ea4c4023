"""Agents' processes that are killed while they claim; the same as `python -m tests.bench.claims`, smaller."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(180)
def test_killed_claimers_take_no_lead_along() -> None:
    options = ["--here", "--claimers", "6", "--leads", "240", "--killed", "2"]
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.claims", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
    assert done.returncode == 0, done.stderr
    assert "claims/s" in done.stdout
