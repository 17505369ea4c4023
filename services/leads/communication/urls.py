"""URLs of communication; literal segments before ids."""

from core.api.routing import route
from services.leads.communication.api import (
    BulkSms,
    CallLead,
    History,
    MakeCall,
    SendSms,
    SmsTemplate,
    SmsToLead,
    Stats,
    Templates,
    TwilioCallback,
    TwilioStatus,
    VoiceTemplate,
)

PATTERNS = [
    route("api/leads/communication/sms", SendSms),
    route("api/leads/communication/voice", MakeCall),
    route("api/leads/communication/templates", Templates),
    route("api/leads/communication/stats", Stats),
    route("api/leads/communication/bulk/sms", BulkSms),
    route("api/leads/communication/twilio/status", TwilioStatus),
    route("api/leads/communication/twilio/callback", TwilioCallback),
    route("api/leads/communication/history/<leadId>", History),
    route("api/leads/communication/sms/template/<leadId>", SmsTemplate),
    route("api/leads/communication/voice/template/<leadId>", VoiceTemplate),
    route("api/leads/communication/lead/<leadId>/sms", SmsToLead),
    route("api/leads/communication/lead/<leadId>/voice", CallLead),
]
