import { FindingView, findingView } from '../dojo/finding-views.js'
import { type Severity, severities } from '../dojo/records.js'
import { flag, id, oneOf, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

/** DefectDojo asks for it, and computes it itself. */
const numericalSeverities: Readonly<Record<Severity, string>> = {
  Critical: 'S0',
  High: 'S1',
  Medium: 'S2',
  Low: 'S3',
  Info: 'S4',
}

export const createFinding = defineTool({
  name: 'create_finding',
  title: 'Create a finding',
  description: `Record one finding by hand in a test and return it with its id. DefectDojo puts the title in title case. For scanner reports use import_scan. Credentials are refused: every reader would see them. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'create',
  input: fields({
    test_id: id('Id from list_tests or create_test.'),
    title: text(200, 'One line; not blank.', { refuse: ['secrets', 'instructions'] }),
    severity: oneOf(severities, 'How bad it is.'),
    description: text(10_000, 'What, where, how to reproduce (Markdown); not blank.', {
      refuse: ['secrets', 'instructions'],
    }),
    active: flag(true, 'Open.'),
    verified: flag(false, 'Confirmed by someone.'),
  }),
  output: FindingView,

  async run({ test_id, title, severity, ...rest }, { dojo, settings }) {
    const body = {
      test: test_id,
      title,
      severity,
      numerical_severity: numericalSeverities[severity],
      ...rest,
      // An empty list makes DefectDojo use the type of the test itself.
      found_by: settings.defaultFoundById === null ? [] : [settings.defaultFoundById],
    }
    return findingView.written(await dojo.post('findings/', body))
  },
})
