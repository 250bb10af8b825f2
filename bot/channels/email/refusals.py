"""What a mail server's refusal is about, by its codes and its words.

Reply codes are of RFC 5321 and RFC 4954, enhanced codes of RFC 3463. Providers use them in ways of their own:
https://knowledge.workspace.google.com/admin/support/troubleshooting/gmail-smtp-errors-and-codes,
https://learn.microsoft.com/exchange/troubleshoot/send-emails/smtp-submission-improvements and
https://learn.microsoft.com/troubleshoot/exchange/email-delivery/ndr/non-delivery-reports-in-exchange-online.
"""

import re
from enum import StrEnum
from typing import Final


class About(StrEnum):
    """What a refusal is about; the value begins a sentence about it."""

    LOGIN = "does not let us in"
    ACCOUNT = "takes no more from this account for now"
    MAILBOX = "says that the mailbox is full"
    CONTENT = "refused the content"
    SIZE = "finds the mail too large"
    MAIL = "refused it"


LOGIN_CODES: Final = frozenset({530, 534, 535, 538})
"""Login required, or login refused (RFC 4954): the same for every mail."""

LONGEST: Final = 1000
_ENHANCED: Final = re.compile(r"\s*[245]\.(\d{1,3})\.(\d{1,3})\b")
# Gmail's daily limit and busy server (x.4.5), limits per time (x.5.3: our mails have one recipient each), and
# Exchange's daily limit, blocked sender, throttled senders and limits of a tenant.
_ACCOUNT_CODES: Final = re.compile(r"4\.5|5\.3|1\.8|1\.90|2\.25[1-5]|7\.23[23]|7\.70[58]")
_ACCOUNT_WORDS: Final = re.compile(
    r"submission\.exception:\S*quota|submissionquota|throttled|"
    r"\btoo many (\w+ ){0,3}(messages|e?mails|connections|sessions|log[io]ns?|attempts)\b|"
    r"^(?=.*\b(send(ing|er)?|submission|relay|daily|hourly|rate|connections?|per (day|hour|minute))\b)"
    r"(?=.*\b(limits?|quotas?)\b)(?=.*\b(exceed|reach))(?!.*\b(mailbox|recipient|size|length))",
    re.IGNORECASE | re.DOTALL,
)
_BUSY: Final = re.compile(r"try again later|unusual rate|temporarily", re.IGNORECASE)
_FULL: Final = re.compile(
    r"\bmailbox\b.*\bfull\b|\bover ?quota\b|\bquota exceeded\b|\bexceed\w*\b.*\bquota\b", re.IGNORECASE
)
_LARGE: Final = re.compile(r"\b(size|length|large|larger|big|oversized?)\b", re.IGNORECASE)


_UNWANTED: Final = re.compile(
    r"content|attachment|virus|malware|spam|unsolicited|security|phish", re.IGNORECASE
)


def wants_oauth(text: str) -> bool:
    """Return whether a refused login says that passwords are not taken (any more)."""
    return bool(re.search(r"basic auth|5\.7\.139|5\.7\.9\b|ClientAuthentication is disabled", text[:LONGEST]))


def about(code: int, text: str) -> About:
    """Return what a refusal with this reply code and text is about."""
    if code in LOGIN_CODES:
        return About.LOGIN
    text = text[:LONGEST]
    match = _ENHANCED.match(text)
    subject, detail = (match[1], match[2]) if match else ("", "")
    enhanced = f"{subject}.{detail}"
    if _is_of_account(code, enhanced, text):
        return About.ACCOUNT
    if enhanced == "2.2" or (not match and _FULL.search(text)):
        return About.MAILBOX
    if code >= 500 and (enhanced in ("3.4", "2.3") or _is_of_size(code, subject, text)):
        return About.SIZE
    if code >= 500 and subject == "7" and _UNWANTED.search(text):
        return About.CONTENT
    return About.MAIL


def _is_of_account(code: int, enhanced: str, text: str) -> bool:
    if enhanced == "2.2":  # of a reader's mailbox, unless Exchange says that the sender's is meant
        return "submission.exception" in text.lower()
    is_busy = code in (421, 454) and enhanced == "7.0" and bool(_BUSY.search(text))
    return is_busy or bool(_ACCOUNT_CODES.fullmatch(enhanced) or _ACCOUNT_WORDS.search(text))


def _is_of_size(code: int, subject: str, text: str) -> bool:
    """Return whether a refusal whose enhanced code leaves it open is for the mail's size."""
    return (code == 552 and subject in ("", "0")) or (
        subject in ("", "0", "3", "5", "6") and bool(_LARGE.search(text))
    )
