# The chat server. With --database-url the container stores nothing; otherwise the history is in the volume /data.
FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --include=optional --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json tsconfig.json bunfig.toml ./
COPY scripts scripts
COPY src src
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
ENV CHATBOX_HOST=0.0.0.0 CHATBOX_DATA=/data/data.json CHATBOX_LOG_FORMAT=json
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; fetch(`${process.env.CHATBOX_TLS_CERT ? 'https' : 'http'}://127.0.0.1:${process.env.CHATBOX_PORT || 5000}/healthz`).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/scripts/start.mjs"]
