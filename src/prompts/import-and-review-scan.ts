import { engagementNames } from '../completions/engagements.js'
import { productNames } from '../completions/products.js'
import { scanTypes } from '../completions/scan-types.js'
import { words } from '../completions/words.js'
import { severities } from '../dojo/records.js'
import { flag } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { call, found, quotedText, quotedWords } from './call-text.js'
import { definePrompt } from './define-prompt.js'
import { anySeverity, downTo, spokenText } from './prompt-fields.js'
import { promptText } from './prompt-text.js'
import { paging, trust } from './standing-rules.js'

const page = { limit: 100 }

/** Where to look whether an import was made, when nobody knows. */
const look = [
  call('list_products', page),
  call('list_engagements', { product_id: found('id'), ...page }),
  call('list_tests', { engagement_id: found('id'), ...page }),
].join(', ')

export const importAndReviewScan = definePrompt({
  name: 'import_and_review_scan',
  title: 'Import a scan and review it',
  description: "Import a scanner's report, or update an earlier import, and say what is new in it.",
  permission: 'scan_mgmt',
  input: fields({
    scan_type: spokenText(200, "DefectDojo's exact name of the report format."),
    product_name: spokenText(200, 'The product that was scanned.'),
    engagement_name: spokenText(200, 'The engagement to import into; the newest so named.'),
    minimum_severity: anySeverity('Drop findings below it.'),
    update: flag(
      false,
      'true: update the newest test of this scan_type and close what the report lacks; false: a new test.',
    ),
  }),
  complete: {
    scan_type: scanTypes,
    product_name: productNames,
    engagement_name: engagementNames,
    minimum_severity: words(severities),
    update: words(['false', 'true']),
  },
  tools: [
    'import_scan',
    'reimport_scan',
    'list_findings',
    'get_finding',
    'list_products',
    'list_engagements',
    'list_tests',
  ],

  text({ scan_type, product_name, engagement_name, minimum_severity, update }) {
    const upload = call(update ? 'reimport_scan' : 'import_scan', {
      scan_type,
      file_name: found('name with extension'),
      content: found('report'),
      product_name,
      engagement_name,
      minimum_severity,
      auto_create_context: false,
      ...(update && { close_old_findings: true }),
    })
    const consequence = update
      ? 'It CLOSES what the report lacks: ask a human first, unless it covers all that the earlier one did.'
      : 'It makes a new test.'
    const worst = call('list_findings', {
      test_id: found('test_id'),
      severity: found('severity'),
      active: true,
      ...page,
    })
    return promptText({
      task: `Import the user's ${quotedText(scan_type)} report into DefectDojo product ${quotedText(product_name)}, engagement ${quotedText(engagement_name)}, and review it.`,
      steps: [
        'Take the report from the user as it is; ask if you have none. Never write or edit one. A binary one goes into file as base64, not content.',
        `Once: ${upload}. ${consequence}`,
        'If the target does not exist, ask a human before you create one. At _warning.nothing_imported stop: the report or scan_type is wrong.',
        `${worst} for ${quotedWords(downTo('High'))}.`,
        `${call('get_finding', { finding_id: found('id') })} for the first 10: what, where, which fix?`,
      ],
      rules: [
        `Errors: "Rate limit exceeded": wait as it says, repeat that call. "outcome is unknown": a second import may double findings, so look for the test: ${look}; ask if in doubt.`,
        paging,
        trust,
      ],
      report:
        'test_id, engagement_id; created, closed, reactivated, untouched by severity, as returned; Critical and High with ids; what a human must decide.',
    })
  },
})
