import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../src/config/load.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the environment said at start; read once, frozen. */
    config: Config
  }
}

export default fp(
  async (app: FastifyInstance, { config }: { config: Config }) => {
    app.decorate('config', config)
  },
  { name: 'config', fastify: '5.x' },
)
