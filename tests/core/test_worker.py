"""What a worker knows as soon as it starts."""

import json
import os
import subprocess
import sys

# Messages of the previous release wait in the queues while this one starts: a name on the wire stays.
ON_THE_WIRE = {
    "events.acknowledge",
    "events.dispatch",
    "events.keep_keys",
    "events.receive",
    "events.reconcile",
    "events.sweep",
    "services.auth.addresses.send_changed_mail",
    "services.auth.addresses.send_confirmation_mail",
    "services.auth.addresses.send_notice_mail",
    "services.auth.passwords.handle_reset_request",
    "services.auth.passwords.send_changed_mail",
    "services.auth.passwords.send_reset_mail",
    "services.auth.passwords.send_verification_mail",
    "services.leads.assignment.return_expired",
    "services.leads.bulk.go_on",
    "services.leads.bulk.resume",
    "services.leads.queueing.adopt_items",
    "services.leads.scoring.recalculate",
    "services.leads.scoring.resume",
    "services.leads.transfer.go_on",
    "services.leads.transfer.resume",
    "services.users.accounts.send_user_mail",
    "services.users.invitations.send_invitation_mail",
    "services.users.roles.refresh_permissions",
    "services.users.tenants.free_people",
}
_PRINT = """
import json
from core.worker.app import celery_app
app = celery_app()
print(json.dumps({"tasks": sorted(app.tasks), "beat": app.conf.beat_schedule}))
"""


def test_a_fresh_worker_knows_every_task_that_a_message_may_name() -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "services.monolith.settings"}
    done = subprocess.run([sys.executable, "-c", _PRINT], env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    ours = {name for name in told["tasks"] if not name.startswith("celery.")}
    assert ours >= ON_THE_WIRE
    assert {task["task"] for task in told["beat"].values()} <= ours
    # A turn that a busy worker takes late is taken all the same.
    assert told["beat"]["events.sweep"] == {"task": "events.sweep", "schedule": 2.0, "options": {"expires": 10.0}}
