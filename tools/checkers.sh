#!/bin/sh
# Install the external checkers that `make check` uses, where they are missing (Debian and Ubuntu).
set -eu
missing=
need() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing="$missing $2"; }
need qpdf qpdf
need pdffonts poppler-utils
need chromium chromium
need spamassassin spamassassin
need smtpd opensmtpd
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
line="apt-get update && apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing here:$missing (Debian's names)" >&2; exit 1
elif [ "$(id -u)" = 0 ]; then
    sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
elif sudo -n true 2>/dev/null; then
    sudo sh -c "export DEBIAN_FRONTEND=noninteractive; $line" >/dev/null
else
    echo "Checkers are missing. Run: sudo sh -c '$line'" >&2; exit 1
fi
