# One static binary on an empty image. Reviews and the config are mounted, all
# that Filmwire makes is in /data:
#
#   docker build -t filmwire .
#   docker run -p 8080:8080 -v filmwire:/data -v ./my-config:/config:ro filmwire
#
# The config must say `data: /data` and `listen: 0.0.0.0:8080`. There is no shell
# in the image and no HEALTHCHECK: ask http://HOST:8080/readyz from outside.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# timetzdata puts the time zones into the binary, so that TZ=Europe/Berlin works.
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags='-s -w' -o /out/filmwire ./cmd/filmwire \
 && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/filmwire /filmwire
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/filmwire"]
CMD ["run", "-c", "/config/filmwire.yaml"]
