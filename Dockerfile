# syntax=docker/dockerfile:1
# For a reproducible build give the base by digest: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:<digest>
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json app.ts ./
COPY cli ./cli
COPY plugins ./plugins
COPY routes ./routes
COPY sandbox ./sandbox
COPY src ./src
RUN npm run build

# What the service needs at run time, apart from the build so that npm and its cache stay out of the image's layers.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /dependencies
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="mcp-defectdojo" \
      org.opencontainers.image.description="MCP server for DefectDojo" \
      org.opencontainers.image.licenses="Apache-2.0"

# The only folder the service writes to. It belongs to the service's user here, so a new volume mounted over it does too.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/mcp-defectdojo

WORKDIR /app
COPY --from=dependencies /dependencies/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./

# FASTMCP_TRANSPORT rather than MCP_TRANSPORT: whichever of the two a deployment sets, it wins over this default.
ENV NODE_ENV=production \
    FASTMCP_TRANSPORT=streamable-http \
    AUDIT_LOG_FILE=/var/lib/mcp-defectdojo/audit.jsonl

# A number, so that Kubernetes can see without /etc/passwd that it is not root.
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "-e", "const port = process.env.MCP_PORT || process.env.FASTMCP_PORT || 8000; fetch(`http://127.0.0.1:${port}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Node runs as process 1 and handles SIGTERM itself: calls under way get 5 s to end.
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["serve"]
