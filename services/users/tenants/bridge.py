"""What a change of a tenant by the old system means."""

from core.bridge.sources import follow
from services.users.accounts.documents import TenantDocument
from services.users.accounts.models import TENANTS
from services.users.tenants.actions import publish_tenant, snapshot


def _publish(before: TenantDocument | None, tenant: TenantDocument) -> None:
    if tenant.get("deletedAt"):
        publish_tenant(tenant, event="tenant.deleted")
    else:
        publish_tenant(tenant, event="tenant.created" if before is None else "tenant.updated")


follow(TENANTS, snapshot=snapshot, publish=_publish)
