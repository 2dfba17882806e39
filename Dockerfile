# wblab in an image, for jobs and machines without Rust:
#
#     docker build -t wblab .
#     docker run --rm --network none -v "$PWD/reports:/lab/reports" --user "$(id -u):$(id -g)" wblab run scenarios/quick.toml
#
# The embedded world needs no network: everything is on the loopback of the container. Where no registry answers, give images of
# your own: --build-arg RUST=…, --build-arg RUNTIME=….
ARG RUST=rust:1.95-slim-trixie
ARG RUNTIME=debian:trixie-slim

FROM ${RUST} AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked -p wblab \
 && install -D target/release/wblab /out/wblab

FROM ${RUNTIME} AS runtime
LABEL org.opencontainers.image.title="writeback-lab" \
      org.opencontainers.image.description="An end-to-end simulation and load test of password writeback" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /out/wblab /usr/local/bin/wblab
# The lab trusts its own authority alone, but an HTTP client does not begin on a machine that knows none.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY LICENSE LICENSE-APACHE LICENSE-MIT NOTICE /usr/share/doc/wblab/
# Whoever mounts a folder of theirs gives --user too; without it, runs land in the container.
RUN install -d -m 1777 /lab /lab/reports /lab/reports/runs
COPY scenarios /lab/scenarios
WORKDIR /lab
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/wblab"]
CMD ["--help"]
