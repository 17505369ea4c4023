"""Fixtures of sign-in: Google, mocked at its HTTP edge, and the mails that are handed to the worker."""

from typing import Any

import httpx
import pytest
import respx

from services.auth.google import client

PROFILE = {
    "sub": "g-123",
    "email": "Ann@gmail.test",
    "email_verified": True,
    "given_name": "Ann",
    "family_name": "Lee",
    "picture": "https://lh3.test/ann",
}


class Google:
    """What Google answers, and what it was asked."""

    def __init__(self, router: respx.Router) -> None:
        self.profile: dict[str, Any] = dict(PROFILE)
        self.audience = "our-client"
        self.code_status = 200
        self.token = router.post(client.TOKEN_URL).mock(side_effect=self._token)
        router.get(client.USERINFO_URL).mock(side_effect=lambda request: httpx.Response(200, json=self.profile))
        router.post(client.TOKENINFO_URL).mock(
            side_effect=lambda request: httpx.Response(200, json={"aud": self.audience})
        )

    def _token(self, request: httpx.Request) -> httpx.Response:
        body = {"access_token": "ya29", "token_type": "Bearer", "expires_in": 3599}
        return httpx.Response(self.code_status, json=body if self.code_status == 200 else {"error": "invalid_grant"})


@pytest.fixture
def google(settings: Any) -> Any:
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "our-client", "our-secret"
    with respx.mock(assert_all_called=False) as router:
        yield Google(router)


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """What was handed to the worker to be mailed; what else it is to do is done at once."""
    from services.auth.passwords import api, resets, tasks

    sent: list[tuple[str, tuple[Any, ...]]] = []

    def enqueue(task: Any, *arguments: Any) -> None:
        if task is tasks.handle_reset_request:
            task(*arguments)
        else:
            sent.append((task.name, arguments))

    for module in (api, resets):
        monkeypatch.setattr(module, "enqueue", enqueue)
    return sent
