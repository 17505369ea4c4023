"""Bodies of communication; unknown members are ignored, as before."""

from core.api.checks import TEXTS
from core.api.fields import Array, Free, Text
from core.api.validation import Body
from services.leads.communication.rules import LONGEST_TEXT, MOST_AT_ONCE

# ruff: noqa: N815 - wire names

_LONGEST_MARKUP = 4_000


class _NumberBody(Body):
    """Whom to reach, and from where."""

    allow_unknown = True
    to = Text(not_empty=True, max_length=40)
    # A word of Python's.
    vars()["from"] = Text(not_empty=True, max_length=40)
    leadId = Text(required=False)


class SmsBody(_NumberBody):
    """A text to a number."""

    body = Text(not_empty=True, max_length=LONGEST_TEXT)


class VoiceBody(_NumberBody):
    """Call markup for a number."""

    twiml = Text(not_empty=True, max_length=_LONGEST_MARKUP)


class TemplateBody(Body):
    """Which template, and what stands for its placeholders."""

    allow_unknown = True
    templateId = Text(max_length=100)
    variables = Free(default=dict)


class MessageBody(Body):
    """What to say."""

    allow_unknown = True
    message = Text(not_empty=True, max_length=LONGEST_TEXT)


class BulkSmsBody(Body):
    """A message or template for several leads."""

    allow_unknown = True
    leadIds = Array(TEXTS, max_items=MOST_AT_ONCE)
    message = Text(max_length=LONGEST_TEXT, default="")
    templateId = Text(max_length=100, required=False)
    variables = Free(default=dict)
