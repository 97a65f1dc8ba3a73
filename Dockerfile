# Images of validate-jwt:
#
#   filter              the WebAssembly module alone, as Istio and Envoy Gateway load it
#   envoy               Envoy's official image with the module and the repository's envoy.yaml
#   identity-provider   a stand-in that looks like an Entra tenant: for trying things out, never for production
#   echo-api            an API that answers with the request it saw
#
#   docker build --target filter --tag validate-jwt:latest .

ARG ENVOY_IMAGE=docker.io/envoyproxy/envoy:v1.40.0

FROM docker.io/library/rust:1.95-slim-bookworm AS sources
WORKDIR /source
# The toolchain that rust-toolchain.toml pins, with the target of the module.
COPY rust-toolchain.toml ./
RUN rustup target add wasm32-wasip1
COPY . .

# A stage for each thing that is built, so that an image costs what it needs and no more. The caches serve the next build; what the images
# need is copied out of them. Some tools build several images at a time, hence the lock.

FROM sources AS module
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    flock target/.lock sh -ec '\
        cargo wasm; \
        install -D -m 0644 -t /built target/wasm32-wasip1/module/validate_jwt.wasm'

# A module runs on every machine; who pulls an image for a platform asks for this one, whatever built it.
FROM --platform=linux/amd64 scratch AS filter
LABEL org.opencontainers.image.title="validate-jwt" \
      org.opencontainers.image.description="Azure API Management's validate-jwt policy as a proxy-wasm filter for Envoy" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=module /built/validate_jwt.wasm /plugin.wasm

FROM ${ENVOY_IMAGE} AS envoy
COPY --from=module /built/validate_jwt.wasm /etc/envoy/validate_jwt.wasm
COPY --chmod=0644 envoy.yaml /etc/envoy/envoy.yaml

FROM sources AS servers
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    flock target/.lock sh -ec '\
        cargo build --locked --release --package validate-jwt-testbed --bin identity-provider --bin echo-api; \
        install -D -m 0755 -t /built target/release/identity-provider target/release/echo-api'

FROM docker.io/library/debian:bookworm-slim AS identity-provider
COPY --from=servers /built/identity-provider /usr/local/bin/
USER 65534:65534
EXPOSE 8081
ENTRYPOINT ["identity-provider"]

FROM docker.io/library/debian:bookworm-slim AS echo-api
COPY --from=servers /built/echo-api /usr/local/bin/
USER 65534:65534
EXPOSE 8082
ENTRYPOINT ["echo-api"]
