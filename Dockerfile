# Build: docker build -t sendsikker .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /sendsikker . \
 && mkdir -p /data && chown 65532:65532 /data && chmod 0700 /data

# Nothing but the program: no shell, no package manager, not root. Root certificates are for Microsoft's servers.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /sendsikker /sendsikker
COPY --from=build --chown=65532:65532 /data /var/lib/sendsikker
USER 65532:65532
VOLUME /var/lib/sendsikker
# Copies above 3 MB pass through an unlinked temporary file, sealed.
ENV TMPDIR=/var/lib/sendsikker
EXPOSE 8443
ENTRYPOINT ["/sendsikker"]
CMD ["serve"]
