"""A process refuses to start with settings that it cannot mean."""

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.settings import env
from core.settings.base import mail_settings
from core.settings.identity import duration

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {name: f"{name} of at least 32 characters" for name in ("SECRET_KEY", "JWT_SECRET", "SERVICE_SECRET")}


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "MONGODB_URI", "REDIS_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "services/leads/manage.py", "check"],
        cwd=ROOT,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_the_default_and_refuses_missing_secrets() -> None:
    outcome = start()
    assert outcome.returncode != 0
    assert "SECRET_KEY must be set to a secret of its own outside development." in outcome.stderr


def test_production_refuses_the_development_secret() -> None:
    outcome = start(**SECRETS | {"JWT_SECRET": "leadmesh-development-secret-do-not-use"})
    assert outcome.returncode != 0
    assert "JWT_SECRET must be set" in outcome.stderr


def test_production_starts_with_its_own_secrets() -> None:
    outcome = start(**SECRETS)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.parametrize(("name", "other"), list(combinations(SECRETS, 2)))
def test_production_refuses_the_same_secret_twice(name: str, other: str) -> None:
    outcome = start(**SECRETS | {other: SECRETS[name]})
    assert outcome.returncode != 0
    assert f"{name} and {other} have the same value: each needs a secret of its own." in outcome.stderr


def test_production_refuses_test_mode() -> None:
    outcome = start(**SECRETS, TEST_MODE="true")
    assert outcome.returncode != 0
    assert "TEST_MODE=true is refused in production" in outcome.stderr


def test_an_unknown_boolean_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_MODE", "maybe")
    with pytest.raises(ImproperlyConfigured, match="TEST_MODE='maybe' is not a boolean"):
        env.boolean("TEST_MODE", False)


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "short")
    with pytest.raises(ImproperlyConfigured, match="too short"):
        env.secret("JWT_SECRET", "default", environment="production")


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-mounted-file\n")
    monkeypatch.setenv("SERVICE_SECRET_FILE", str(file))
    assert env.text("SERVICE_SECRET") == "from-a-mounted-file"


def test_a_value_and_a_file_together_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERVICE_SECRET", "one")
    monkeypatch.setenv("SERVICE_SECRET_FILE", str(tmp_path / "other"))
    with pytest.raises(ImproperlyConfigured, match="not both"):
        env.text("SERVICE_SECRET")


@pytest.mark.parametrize(("text", "seconds"), [("15m", 900), ("24h", 86_400), ("7d", 604_800), ("90", 90)])
def test_durations(monkeypatch: pytest.MonkeyPatch, text: str, seconds: int) -> None:
    monkeypatch.setenv("JWT_EXPIRES_IN", text)
    assert duration("JWT_EXPIRES_IN", "24h") == seconds


@pytest.mark.parametrize("text", ["soon", "0h", "-5m", "1w"])
def test_senseless_durations_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JWT_EXPIRES_IN", text)
    with pytest.raises(ImproperlyConfigured):
        duration("JWT_EXPIRES_IN", "24h")


def test_mails_are_printed_in_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_HOST", raising=False)
    backends = {name: mail_settings(name)["EMAIL_BACKEND"] for name in ("development", "production")}
    assert backends["development"].endswith("console.EmailBackend")
    assert backends["production"].endswith("dummy.EmailBackend")
    monkeypatch.setenv("SMTP_HOST", "smtp.x.test")
    assert mail_settings("production")["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
