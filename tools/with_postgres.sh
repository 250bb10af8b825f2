#!/bin/sh
# Run a command with a PostgreSQL of its own: a new cluster on a free loopback port, removed afterwards.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL's server is not installed" >&2; exit 1; }
folder=$(mktemp -d)
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
stop() { as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap stop EXIT INT TERM
chmod 755 "$folder"
[ "$(id -u)" != 0 ] || chown postgres "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd_back=$(pwd)
cd /
as_owner "$bin/initdb" -D "$folder/data" -U bot -A trust >/dev/null
as_owner "$bin/pg_ctl" -D "$folder/data" -w -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off" -l "$folder/log" start >/dev/null
cd "$cd_back"
TEST_POSTGRES_URL="postgresql+psycopg://bot@127.0.0.1:$port/postgres" "$@"
