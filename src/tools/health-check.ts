import { type Static, Type } from '@sinclair/typebox'
import { answerOrFailure } from '../dojo/answer-or-failure.js'
import { readProfile } from '../dojo/profile.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'

const HealthView = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('unhealthy')]),
  message: Type.String(),
})
type HealthView = Static<typeof HealthView>

export const healthCheck = defineTool({
  name: 'health_check',
  title: 'Check the connection',
  description:
    'Ask whether DefectDojo answers and accepts our key: status "ok" or "unhealthy". Use it when other tools fail.',
  permission: 'system',
  effect: 'read',
  input: fields({}),
  output: HealthView,

  async run(_input, { dojo, audit }): Promise<HealthView> {
    const profile = await answerOrFailure(readProfile(dojo))
    if ('answer' in profile) return { status: 'ok', message: 'DefectDojo is reachable' }
    audit.detail('health', 'unhealthy')
    audit.detail('health_error', profile.failure.message)
    return { status: 'unhealthy', message: 'Unable to connect to DefectDojo' }
  },
})
