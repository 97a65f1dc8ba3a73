# Images of validate-jwt:
#
#   filter              the WebAssembly module alone, as Istio and Envoy Gateway load it
#   envoy               Envoy's official image with the module and the repository's envoy.yaml
#   identity-provider   a stand-in that looks like an Entra tenant: for trying things out, never for production
#   echo-api            an API that answers with the request it saw
#
#   docker build --target filter --tag validate-jwt:latest .

ARG ENVOY_IMAGE=docker.io/envoyproxy/envoy:v1.40.0

FROM docker.io/library/rust:1.95-slim-bookworm AS builder
WORKDIR /source
# The toolchain that rust-toolchain.toml pins, with the target of the module.
COPY rust-toolchain.toml ./
RUN rustup target add wasm32-wasip1
COPY . .
# The caches serve the next build; what the images need is copied out of them. Some tools build several images at a time,
# hence the lock.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    flock target/.lock sh -ec '\
        cargo wasm; \
        cargo build --locked --release --package validate-jwt-testbed --bin identity-provider --bin echo-api; \
        mkdir /built; \
        install -m 0644 target/wasm32-wasip1/module/validate_jwt.wasm /built/; \
        install -m 0755 target/release/identity-provider target/release/echo-api /built/'

FROM scratch AS filter
COPY --from=builder /built/validate_jwt.wasm /plugin.wasm

FROM ${ENVOY_IMAGE} AS envoy
COPY --from=builder /built/validate_jwt.wasm /etc/envoy/validate_jwt.wasm
COPY --chmod=0644 envoy.yaml /etc/envoy/envoy.yaml

FROM docker.io/library/debian:bookworm-slim AS identity-provider
COPY --from=builder /built/identity-provider /usr/local/bin/
USER 65534:65534
EXPOSE 8081
ENTRYPOINT ["identity-provider"]

FROM docker.io/library/debian:bookworm-slim AS echo-api
COPY --from=builder /built/echo-api /usr/local/bin/
USER 65534:65534
EXPOSE 8082
ENTRYPOINT ["echo-api"]
