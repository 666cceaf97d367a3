import { ImportView } from '../dojo/import-view.js'
import { flag, id, optional } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { checkReport, scanFields, uploadScan } from './scan-upload.js'

export const reimportScan = defineTool({
  name: 'reimport_scan',
  title: 'Update a test with a newer scan report',
  description:
    'Compare a newer report with an existing test and update it: new findings are created, returning ones reopened, and those the report lacks CLOSED (close_old_findings is true by default). Choose the test by test_id, or by product_name and engagement_name (the newest of this scan_type; made if there is none). Returns what changed, by severity. May take minutes.',
  permission: 'scan_mgmt',
  effect: 'transition',
  input: fields({
    ...scanFields(true, 'Close findings of this test that the report lacks.'),
    test_id: optional(id('Test to update, from list_tests.')),
    do_not_reactivate: flag(false, 'Leave closed findings closed when they come back.'),
  }),
  output: ImportView,
  check: checkReport,

  run: ({ test_id, ...input }, context) =>
    uploadScan('reimport-scan/', { ...input, test: test_id }, context),
})
