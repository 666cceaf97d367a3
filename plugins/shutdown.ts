import { setImmediate as tick } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createInFlight } from '../src/pipeline/in-flight.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** `starting` until the service listens, `draining` from the first sign of its end. */
    lifecycle: { state: 'starting' | 'ready' | 'draining' }
  }
}

/** Calls that are under way get this long to end; what waits for a SIEM gets 3 s after that, and the process ends within 10 s. */
const drainMs = 5_000
/** Calls that did not end lose their connection to DefectDojo, and get this long to say so in the trail. */
const giveUpMs = 500
const giveUpEveryMs = 50
/** Answers that are ready get this long to be taken. */
const answersMs = 500

export default fp(
  async (app: FastifyInstance) => {
    const lifecycle: FastifyInstance['lifecycle'] = { state: 'starting' }
    app.decorate('lifecycle', lifecycle)
    app.addHook('onReady', async () => {
      lifecycle.state = 'ready'
    })

    const posts = createInFlight()
    const streams = createInFlight()
    app.addHook('onRequest', async (request, reply) => {
      const answers = request.method === 'POST' ? posts : streams
      void answers.track(
        new Promise<void>((resolve) => {
          reply.raw.once('finish', resolve).once('close', resolve)
        }),
      )
    })

    // preClose runs while connections are still open: streams must end here, or the server would wait for them for ever.
    app.addHook('preClose', async () => {
      lifecycle.state = 'draining'
      const calls = app.mcp.pipeline.inFlight
      await within(drainMs, calls.idle())
      if (calls.count() > 0) {
        // Calls that waited for a connection take the place of those that lost theirs.
        const giveUp = setInterval(() => app.dojo.close(), giveUpEveryMs)
        await within(giveUpMs, calls.idle())
        clearInterval(giveUp)
      }
      // The last call has ended, and its answer is still to be made.
      await tick()
      await within(answersMs, posts.idle())
      await app.mcp.close()
      await within(answersMs, streams.idle())
    })
  },
  { name: 'shutdown', dependencies: ['mcp', 'dojo'], fastify: '5.x' },
)

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work, deadline])
  clearTimeout(timer)
}
