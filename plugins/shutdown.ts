import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** `starting` until the service listens, `draining` from the first sign of its end. */
    lifecycle: { state: 'starting' | 'ready' | 'draining' }
  }
}

/** Calls that are under way get this long to end before their streams are closed; what waits for a SIEM gets 3 s after that. */
const drainMs = 5_000

export default fp(
  async (app: FastifyInstance) => {
    const lifecycle: FastifyInstance['lifecycle'] = { state: 'starting' }
    app.decorate('lifecycle', lifecycle)
    app.addHook('onReady', async () => {
      lifecycle.state = 'ready'
    })

    // preClose runs while connections are still open: streams must end here, or the server would wait for them for ever.
    app.addHook('preClose', async () => {
      lifecycle.state = 'draining'
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, drainMs)
      })
      await Promise.race([app.mcp.pipeline.inFlight.idle(), deadline])
      clearTimeout(timer)
      await app.mcp.close()
    })
  },
  { name: 'shutdown', dependencies: ['mcp'], fastify: '5.x' },
)
