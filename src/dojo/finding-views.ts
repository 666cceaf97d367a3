import { type Static, Type } from '@sinclair/typebox'
import { untrusted } from '../guard/untrusted-envelope.js'
import {
  FindingDetailRecord,
  FindingRecord,
  SeveritySchema,
  VulnerabilityIdSchema,
} from './records.js'
import { nullable, untrustedText, untrustedTextOrNull, viewOf } from './views.js'

/** A finding as lists and changes show it (behaviour spec §1.4). */
export const FindingView = Type.Object({
  id: Type.Integer(),
  test_id: Type.Integer(),
  title: untrustedText,
  severity: SeveritySchema,
  description: untrustedText,
  active: Type.Boolean(),
  verified: Type.Boolean(),
  mitigated: nullable(Type.String()),
  is_mitigated: Type.Boolean(),
  out_of_scope: Type.Boolean(),
  false_p: Type.Boolean(),
  duplicate: Type.Boolean(),
  risk_accepted: Type.Boolean(),
  cwe: nullable(Type.Integer()),
  cvssv3_score: nullable(Type.Number()),
  component_name: untrustedTextOrNull,
  component_version: untrustedTextOrNull,
  file_path: untrustedTextOrNull,
  line: nullable(Type.Integer()),
  tags: untrusted(nullable(Type.Array(Type.String()))),
  vulnerability_ids: untrusted(nullable(Type.Array(VulnerabilityIdSchema))),
})
export type FindingView = Static<typeof FindingView>

/** A finding on its own: with what is needed to fix it. */
export const FindingDetailView = Type.Composite([
  FindingView,
  Type.Object({
    mitigation: untrustedTextOrNull,
    impact: untrustedTextOrNull,
    references: untrustedTextOrNull,
    steps_to_reproduce: untrustedTextOrNull,
    date: nullable(Type.String()),
    found_by: nullable(Type.Array(Type.Integer())),
  }),
])

type VulnerabilityId = Static<typeof VulnerabilityIdSchema>

/** In the form in which it came, but without what else an instance may add to it. */
const vulnerabilityIdOf = (element: VulnerabilityId): VulnerabilityId =>
  typeof element === 'string' ? element : { vulnerability_id: element.vulnerability_id }

const findingOf = (record: FindingRecord): FindingView => ({
  id: record.id,
  test_id: record.test,
  title: record.title,
  severity: record.severity,
  description: record.description,
  active: record.active,
  verified: record.verified,
  mitigated: record.mitigated ?? null,
  is_mitigated: record.is_mitigated,
  out_of_scope: record.out_of_scope,
  false_p: record.false_p,
  duplicate: record.duplicate,
  risk_accepted: record.risk_accepted ?? false,
  cwe: record.cwe ?? null,
  cvssv3_score: record.cvssv3_score ?? null,
  component_name: record.component_name ?? null,
  component_version: record.component_version ?? null,
  file_path: record.file_path ?? null,
  line: record.line ?? null,
  tags: record.tags ?? null,
  vulnerability_ids: record.vulnerability_ids?.map(vulnerabilityIdOf) ?? null,
})

const findingDetailOf = (
  record: Static<typeof FindingDetailRecord>,
): Static<typeof FindingDetailView> => ({
  ...findingOf(record),
  mitigation: record.mitigation ?? null,
  impact: record.impact ?? null,
  references: record.references ?? null,
  steps_to_reproduce: record.steps_to_reproduce ?? null,
  date: record.date ?? null,
  found_by: record.found_by ?? null,
})

export const findingView = viewOf(FindingRecord, findingOf)
export const findingDetailView = viewOf(FindingDetailRecord, findingDetailOf)
