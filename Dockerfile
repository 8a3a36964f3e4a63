# What the gate and the devcontainer run in: Debian 12 with every tool that `make tools` knows.
FROM debian:12
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates gcc git make perl sudo \
	&& git config --system --add safe.directory '*'
COPY . /tmp/quire
RUN make -C /tmp/quire tools && rm -rf /tmp/quire /var/lib/apt/lists/*
