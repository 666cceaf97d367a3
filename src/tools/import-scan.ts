import { ImportView } from '../dojo/import-view.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { checkReport, scanFields, uploadScan } from './scan-upload.js'

export const importScan = defineTool({
  name: 'import_scan',
  title: 'Import a scan report',
  description:
    "Import a scanner's report as a new test; findings exist when it returns. Give product_name and engagement_name. Returns ids and counts by severity. Next: list_findings with test_id. To update an earlier import use reimport_scan: importing twice makes duplicates. May take minutes.",
  permission: 'scan_mgmt',
  effect: 'transition',
  input: fields(
    scanFields(false, 'Close findings of this scan_type in the engagement that the report lacks.'),
  ),
  output: ImportView,
  check: checkReport,

  run: (input, context) => uploadScan('import-scan/', input, context),
})
