import { FindingView, findingView } from '../dojo/finding-views.js'
import { severities } from '../dojo/records.js'
import { listOf } from '../dojo/views.js'
import { flag, id, limit, offset, oneOf, optional, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { storedTags } from '../guard/tag-fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

/** DefectDojo takes 1 and 0 for this filter, and refuses true and false. */
const asCode = (value: boolean | undefined): number | undefined =>
  value === undefined ? undefined : Number(value)

export const listFindings = defineTool({
  name: 'list_findings',
  title: 'Search findings',
  description: `Search findings (vulnerabilities), sorted by id; for the riskiest ask for Critical, then High. All filters given must match. Without filters: all findings. To triage open ones: active=true, duplicate=false. pagination.count is the total, so limit=1 counts; an unknown product_id or engagement_id counts 0. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({
    test_id: optional(id('Only this test.')),
    product_id: optional(id('Only this product.')),
    engagement_id: optional(id('Only this engagement.')),
    severity: optional(oneOf(severities, 'Only this severity.')),
    active: flag(undefined, 'Open.'),
    verified: flag(undefined, 'Confirmed by someone.'),
    duplicate: flag(undefined, 'Duplicate of another finding.'),
    false_p: flag(undefined, 'Marked false positive.'),
    out_of_scope: flag(undefined, 'Marked out of scope.'),
    is_mitigated: flag(undefined, 'Fixed or closed.'),
    risk_accepted: flag(undefined, 'Risk accepted.'),
    outside_of_sla: flag(undefined, 'Open past its SLA date.'),
    tags: optional(storedTags('Any of these tags.')),
    component_name: optional(text(500, 'Component name contains this.')),
    title: optional(text(511, 'Title contains this.')),
    has_jira: flag(undefined, 'Linked to a JIRA issue.'),
    limit: limit(),
    offset: offset(),
  }),
  output: listOf(FindingView),

  async run(input, { dojo, findingsRead }) {
    const { test_id, product_id, engagement_id, outside_of_sla, tags, ...rest } = input
    const body = await dojo.get('findings/', {
      test: test_id,
      test__engagement__product: product_id,
      test__engagement: engagement_id,
      ...rest,
      outside_of_sla: asCode(outside_of_sla),
      // DefectDojo stores a finding's tags in lower case.
      tags: tags?.join(',').toLowerCase(),
    })
    const page = findingView.page(body, input)
    findingsRead.record(page.items.map((finding) => finding.id))
    return page
  },
})
