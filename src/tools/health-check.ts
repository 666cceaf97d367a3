import { type Static, Type } from '@sinclair/typebox'
import { recordReader } from '../dojo/record-reader.js'
import { UserProfileRecord } from '../dojo/records.js'
import { ToolError } from '../errors.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'

const readProfile = recordReader(UserProfileRecord)

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
    try {
      readProfile(await dojo.get('user_profile/'))
      return { status: 'ok', message: 'DefectDojo is reachable' }
    } catch (error) {
      // The one tool that catches: that DefectDojo does not answer is its answer.
      if (!(error instanceof ToolError) || error.code === 'cancelled') throw error
      audit.detail('health', 'unhealthy')
      audit.detail('health_error', error.message)
      return { status: 'unhealthy', message: 'Unable to connect to DefectDojo' }
    }
  },
})
