# One image with all binaries: the suite (throughline serve) and each service on its own (see docker-compose.yml).
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY . .
ARG VERSION=dev
ARG COMMIT=unknown
ENV CGO_ENABLED=0
RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod \
    build=github.com/throughline-cx/throughline/services/suite/internal/build && \
    go build -trimpath -o /out/bin/ -ldflags "-s -w -X $build.version=$VERSION -X $build.commit=$COMMIT" \
      ./services/suite/cmd/throughline \
      ./services/interaction-log/cmd/interactionlogd \
      ./services/context/cmd/contextd \
      ./services/gateway/cmd/gatewayd
# A volume takes its owner from the folder it is mounted on.
RUN mkdir -m 0700 /out/data

FROM scratch
# For a telemetry collector behind TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/bin/ /usr/local/bin/
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
CMD ["/usr/local/bin/throughline", "serve", "--data", "/data"]
