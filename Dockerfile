# plumbline on BigQuery, for Cloud Run: the runtime's locked packages, no embedded warehouse.
# See docs/deploy.md.
#   docker build --build-arg PLUMBLINE_REVISION="$(git rev-parse HEAD)" --tag plumbline .

# 3.12 is the newest Python that pyproject.toml names and CI tests. The tag moves with Debian's and
# Python's security fixes, which each deployment so picks up; what is installed on it is locked.
FROM python:3.12-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
# --no-deps: the files are complete (`make lock`). --only-binary: a source package would fetch a build
# tool that nothing here has pinned.
RUN python -m venv /opt/plumbline \
    && /opt/plumbline/bin/pip install --quiet --no-compile --no-deps --require-hashes \
        --only-binary :all: --requirement requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY plugins/ plugins/
COPY schemas/ schemas/
# What builds the package stays here.
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --quiet --no-deps --require-hashes \
        --only-binary :all: --requirement requirements/build.txt \
    && /opt/build/bin/pip wheel --quiet --no-deps --no-index --no-build-isolation \
        --wheel-dir wheels . \
    && /opt/plumbline/bin/pip install --quiet --no-compile --no-deps --no-index wheels/*.whl \
    && /opt/plumbline/bin/pip uninstall --quiet --yes pip
# What is installed, as a scanner reads it; the base image's packages are not in it.
COPY scripts/supply_chain/ scripts/supply_chain/
RUN /opt/plumbline/bin/python scripts/supply_chain sbom --here requirements/runtime.txt \
        > /opt/plumbline/sbom.cdx.json
# Without bytecode, importing Great Expectations takes three times as long, at each run.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/plumbline/lib

FROM python:3.12-slim
COPY --from=build /opt/plumbline /opt/plumbline
WORKDIR /app
COPY great_expectations.yml dbt_project.yml ./
COPY expectations/ expectations/
COPY checkpoints/ checkpoints/
COPY models/ models/
COPY macros/ macros/
COPY docs/runbooks/ docs/runbooks/
# /tmp is all that may be written to; on Cloud Run it is memory. What must last is in BigQuery.
ENV PATH=/opt/plumbline/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLUMBLINE_STATE_DIR=/tmp/plumbline \
    PLUMBLINE_TARGET=bigquery
# There is no git in here: a run says this revision. Last, as it is another one each time.
ARG PLUMBLINE_REVISION
RUN printf '%s\n' "$PLUMBLINE_REVISION" | grep -Eqx '[0-9a-f]{40}(-dirty)?' \
    || { echo 'say what is built: --build-arg PLUMBLINE_REVISION="$(git rev-parse HEAD)"' >&2; exit 1; }
ENV PLUMBLINE_REVISION=$PLUMBLINE_REVISION
LABEL org.opencontainers.image.title="plumbline" \
    org.opencontainers.image.description="Data-quality monitors on BigQuery" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.revision=$PLUMBLINE_REVISION
# A number, so that what starts it can see that it is not root.
USER 65532:65532
ENTRYPOINT ["plumbline"]
CMD ["run", "health_check", "--fail-on", "error"]
