"""Test mode (auth-rules §12): fixed identities that need no token. Refused in production by the settings."""

from core.identity.principals import Principal

TEST_TENANT = "test-tenant-001"
TEST_ROLES = ("admin", "acquisitions", "dispositions")


def test_principal(role: str) -> Principal:
    """Return the test identity of `role`; an unknown role is admin, as in the old system."""
    known = role if role in TEST_ROLES else "admin"
    return Principal(
        user_id=f"test-{known}-001",
        email=f"{known}@test.dealcycle.com",
        tenant_id=TEST_TENANT,
        roles=(known,),
        claims={"firstName": "Test", "lastName": known.capitalize(), "isTestUser": True},
    )


def principal_from(role: str | None, email: str | None, default_role: str) -> Principal | None:
    """Return the identity that a request without token has in test mode: by role word, else by e-mail, else the
    default one; None for an unknown e-mail (the normal token check follows)."""
    if role:
        return test_principal(role)
    if email:
        role_of_email = {f"{known}@test.dealcycle.com": known for known in TEST_ROLES}.get(email)
        return test_principal(role_of_email) if role_of_email else None
    return test_principal(default_role)
