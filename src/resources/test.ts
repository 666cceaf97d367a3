import { Type } from '@sinclair/typebox'
import { testIds } from '../completions/tests.js'
import { TestView, testView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, withAddress } from './pages.js'

export const test = defineResource({
  name: 'test',
  title: 'A test',
  description: `One test: engagement id, test type id, title, start and end time, and where its findings are. ${untrustedHint}`,
  uri: 'defectdojo://tests/{test_id}',
  permission: 'metadata_read',
  input: fields({ test_id: id('Id of the test.') }),
  complete: { test_id: testIds },
  output: Type.Composite([addressed(TestView), Type.Object({ findings: Type.String() })]),

  async run({ test_id }, { dojo }) {
    const view = testView.one(await dojo.get(`tests/${test_id}/`))
    return { ...withAddress('tests', view), findings: addressBelow('tests', test_id, 'findings') }
  },
})
