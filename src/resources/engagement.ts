import { Type } from '@sinclair/typebox'
import { engagementIds } from '../completions/engagements.js'
import { EngagementView, engagementView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, withAddress } from './pages.js'

export const engagement = defineResource({
  name: 'engagement',
  title: 'An engagement',
  description: `One engagement: name, product id, status, start and end date, and where its tests are. ${untrustedHint}`,
  uri: 'defectdojo://engagements/{engagement_id}',
  permission: 'metadata_read',
  input: fields({ engagement_id: id('Id of the engagement.') }),
  complete: { engagement_id: engagementIds },
  output: Type.Composite([addressed(EngagementView), Type.Object({ tests: Type.String() })]),

  async run({ engagement_id }, { dojo }) {
    const view = engagementView.one(await dojo.get(`engagements/${engagement_id}/`))
    const tests = addressBelow('engagements', engagement_id, 'tests')
    return { ...withAddress('engagements', view), tests }
  },
})
