# The service in a container: state in /data, reports.yaml at /config/reports.yaml, secrets by environment or as files.
ARG BASE=python:3.13-slim-bookworm
FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements-base.lock reports.yaml ./
COPY bot bot
COPY activity_emulator activity_emulator
COPY templates templates
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-base.lock \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data bot \
 && install -d -o bot -g bot -m 0700 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH BOT_DATA_DIR=/data PYTHONUNBUFFERED=1
USER bot
VOLUME /data
WORKDIR /config
# Healthy while the scheduler ticked within the last two minutes. By the tick file and not by /health: the status page is off
# unless somebody wants it, and then may ask for a token.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-m", "bot.lib.liveness"]
CMD ["digestbot", "run", "--config", "/config/reports.yaml"]
