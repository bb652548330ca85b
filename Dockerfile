# The bot alone; docker-compose.yml adds Redis. Build: docker build -t sapp-bot .
# The digest fixes what the tag was: docs/operations.md has the command that looks up a newer one.
ARG PYTHON_IMAGE=python:3.13-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
FROM ${PYTHON_IMAGE} AS build

# --build-arg REQUIREMENTS=requirements-otel.txt adds what traces need (docs/operations.md).
ARG REQUIREMENTS=requirements.txt
COPY requirements.txt /
COPY requirements-otel.txt /
# pyaes, which Telethon needs, comes as source: pip builds it here. It is plain Python.
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
        --requirement /${REQUIREMENTS} \
    && /venv/bin/pip uninstall --yes --quiet pip


FROM ${PYTHON_IMAGE}

LABEL org.opencontainers.image.title="sapp_bot" \
    org.opencontainers.image.description="The Telegram dashboard of the SAPP Finance API." \
    org.opencontainers.image.licenses="MIT"

RUN groupadd --system --gid 10001 sapp \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent sapp \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data

COPY --from=build /venv /venv
WORKDIR /app
COPY sapp_bot/ sapp_bot/
COPY plugins/ plugins/
RUN /venv/bin/python -m compileall -q sapp_bot

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SAPP_DATA=/data

USER 10001:10001
# The Telegram session file is here: who has it, has the bot.
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-m", "sapp_bot", "health"]
ENTRYPOINT ["python", "-m", "sapp_bot"]
CMD ["run"]
