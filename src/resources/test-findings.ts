import { testIds } from '../completions/tests.js'
import { FindingView, findingView } from '../dojo/finding-views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, pageFields, pageOf, pageOfObjects } from './pages.js'

export const testFindings = defineResource({
  name: 'test-findings',
  title: 'Findings of a test',
  description: `The findings (vulnerabilities) of one test, sorted by id, page by page. To filter, use list_findings. ${untrustedHint}`,
  uri: 'defectdojo://tests/{test_id}/findings{?limit,offset}',
  permission: 'metadata_read',
  input: fields({ test_id: id('Id of the test.'), ...pageFields }),
  complete: { test_id: testIds },
  output: pageOf(addressed(FindingView)),

  async run({ test_id, ...page }, { dojo, findingsRead }) {
    const body = await dojo.get('findings/', { test: test_id, ...page })
    const findings = findingView.page(body, page)
    findingsRead.record(findings.items.map((finding) => finding.id))
    return pageOfObjects(addressBelow('tests', test_id, 'findings'), 'findings', findings)
  },
})
