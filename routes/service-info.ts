import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { version } from '../src/version.js'

const ServiceInfo = Type.Object({
  name: Type.String(),
  title: Type.String(),
  version: Type.String(),
  transport: Type.String(),
  endpoints: Type.Record(Type.String(), Type.String()),
  documentation: Type.String(),
})

/** `GET /`: what answers here, for the person who opens the address in a browser. */
export default async function serviceInfoRoutes(app: FastifyInstance): Promise<void> {
  const { transport } = app.config
  const info = {
    name: 'mcp-defectdojo',
    title: 'MCP server for DefectDojo',
    version,
    transport,
    endpoints: {
      ...(transport === 'sse' ? { sse: '/sse', messages: '/messages/' } : { mcp: '/mcp' }),
      health: '/health',
      liveness: '/livez',
      readiness: '/readyz',
      metrics: '/metrics',
    },
    documentation: 'README.md of the package mcp-defectdojo',
  }
  app.get('/', { schema: { response: { 200: ServiceInfo } } }, async () => info)
}
