"""What the worker does about forgotten passwords."""

from celery import shared_task
from pymongo.errors import PyMongoError

from services.auth.audit.actions import Origin
from services.auth.passwords.resets import request_reset


@shared_task(
    name="services.auth.passwords.handle_reset_request",
    autoretry_for=(PyMongoError,),
    retry_backoff=5,
    max_retries=8,
)
def handle_reset_request(email: str, address: str, user_agent: str) -> None:
    """Create and mail a link for the user with this e-mail address, if there is one; `address`, `user_agent`: of the caller."""
    request_reset(email, Origin(address, user_agent))
