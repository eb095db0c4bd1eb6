# The Rasa server with its model, trained here unless a build of the same sources was before (four to fourteen minutes).
# From the root of the checkout: docker build -f deploy/containers/rasa.Dockerfile -t sphere-assistant-rasa .
# PYTHON_IMAGE: as for the bot; CPython 3.11 and no other.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore UV_LINK_MODE=copy UV_NO_PROGRESS=1
WORKDIR /src
COPY requirements-tools.lock ./
RUN python3.11 -m pip install --quiet --no-cache-dir --target /tools --require-hashes -r requirements-tools.lock
COPY nlu/requirements.lock nlu/
RUN --mount=type=cache,target=/root/.cache \
    /tools/bin/uv venv --quiet --python python3.11 /opt/rasa-environment \
    && /tools/bin/uv pip sync --quiet --require-hashes --compile-bytecode --python /opt/rasa-environment/bin/python nlu/requirements.lock
COPY LICENSE config.yml endpoints.yml credentials.yml ./
COPY domain domain
COPY data data
COPY nlu nlu
RUN --mount=type=cache,target=/root/.cache \
    PYTHONPATH=/src /opt/rasa-environment/bin/python -m nlu.archive --folder /opt/rasa

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 assistant \
    && useradd --uid 10001 --gid assistant --home-dir /data --no-create-home --shell /usr/sbin/nologin assistant \
    && install --directory --owner assistant --group assistant --mode 0700 /data
COPY --from=build /opt/rasa-environment /opt/rasa-environment
COPY --from=build /opt/rasa /opt/rasa
ENV PATH=/opt/rasa-environment/bin:$PATH DATA=/data HOME=/data PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /opt/rasa
VOLUME /data
EXPOSE 5005
ENTRYPOINT ["python", "-m", "nlu.serve", "--host", "0.0.0.0"]
