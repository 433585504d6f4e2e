# Build: docker build -t sendsikker .
# With PKCS #11, on a base that has the device's library: docker build --build-arg CGO_ENABLED=1 --build-arg BASE=debian:12-slim -t sendsikker .
ARG BASE=gcr.io/distroless/static-debian12:nonroot
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG CGO_ENABLED=0
RUN CGO_ENABLED=$CGO_ENABLED go build -trimpath -ldflags="-s -w" -o /sendsikker . \
 && mkdir -p /data && chown 65532:65532 /data && chmod 0700 /data

# Nothing but the program: no shell, no package manager, not root. Root certificates are for Microsoft's servers.
FROM $BASE
COPY --from=build /sendsikker /sendsikker
COPY --from=build --chown=65532:65532 /data /var/lib/sendsikker
USER 65532:65532
VOLUME /var/lib/sendsikker
# Copies above 3 MB pass through an unlinked temporary file, sealed.
ENV TMPDIR=/var/lib/sendsikker
EXPOSE 8443
ENTRYPOINT ["/sendsikker"]
CMD ["serve"]
