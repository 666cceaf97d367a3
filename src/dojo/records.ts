import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** What DefectDojo returns, as far as it is needed; the rest is dropped when a view is made of it. */

const nullable = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

/** The severities, with the exact case that DefectDojo wants. */
export const severities = ['Critical', 'High', 'Medium', 'Low', 'Info'] as const
export type Severity = (typeof severities)[number]
export const SeveritySchema = Type.Unsafe<Severity>(
  Type.Union(severities.map((severity) => Type.Literal(severity))),
)

export const ProductRecord = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  prod_type: Type.Integer(),
})

export const ProductTypeRecord = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  description: nullable(Type.String()),
  critical_product: nullable(Type.Boolean()),
  key_product: nullable(Type.Boolean()),
})

export const EngagementRecord = Type.Object({
  id: Type.Integer(),
  name: nullable(Type.String()),
  product: Type.Integer(),
  status: nullable(Type.String()),
  target_start: Type.String(),
  target_end: Type.String(),
})

export const TestRecord = Type.Object({
  id: Type.Integer(),
  engagement: Type.Integer(),
  test_type: Type.Integer(),
  title: nullable(Type.String()),
  target_start: nullable(Type.String()),
  target_end: nullable(Type.String()),
})

export const TestTypeRecord = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  active: nullable(Type.Boolean()),
  tags: nullable(Type.Array(Type.String())),
})

/** 3.2 takes bare strings too, and gives objects. */
export const VulnerabilityIdSchema = Type.Union([
  Type.Object({ vulnerability_id: Type.String() }),
  Type.String(),
])

export const FindingRecord = Type.Object({
  id: Type.Integer(),
  test: Type.Integer(),
  title: Type.String(),
  severity: SeveritySchema,
  description: Type.String(),
  active: Type.Boolean(),
  verified: Type.Boolean(),
  mitigated: nullable(Type.String()),
  is_mitigated: Type.Boolean(),
  out_of_scope: Type.Boolean(),
  false_p: Type.Boolean(),
  duplicate: Type.Boolean(),
  risk_accepted: nullable(Type.Boolean()),
  cwe: nullable(Type.Integer()),
  cvssv3_score: nullable(Type.Number()),
  component_name: nullable(Type.String()),
  component_version: nullable(Type.String()),
  file_path: nullable(Type.String()),
  line: nullable(Type.Integer()),
  tags: nullable(Type.Array(Type.String())),
  vulnerability_ids: nullable(Type.Array(VulnerabilityIdSchema)),
})
export type FindingRecord = Static<typeof FindingRecord>

export const FindingDetailRecord = Type.Composite([
  FindingRecord,
  Type.Object({
    mitigation: nullable(Type.String()),
    impact: nullable(Type.String()),
    references: nullable(Type.String()),
    steps_to_reproduce: nullable(Type.String()),
    date: nullable(Type.String()),
    found_by: nullable(Type.Array(Type.Integer())),
  }),
])

const AuthorSchema = Type.Object({
  id: nullable(Type.Integer()),
  username: nullable(Type.String()),
  first_name: nullable(Type.String()),
  last_name: nullable(Type.String()),
})

export const NoteRecord = Type.Object({
  id: nullable(Type.Integer()),
  entry: Type.String(),
  private: nullable(Type.Boolean()),
  date: nullable(Type.String()),
  author: nullable(Type.Union([AuthorSchema, Type.String()])),
})

export const TagsRecord = Type.Object({ tags: Type.Array(Type.String()) })

/** Enough to know that it was DefectDojo that answered, and for a user. */
export const UserProfileRecord = Type.Object({
  user: Type.Object({
    username: Type.String(),
    is_staff: nullable(Type.Boolean()),
    is_superuser: nullable(Type.Boolean()),
  }),
})

const Total = nullable(Type.Object({ total: Type.Integer() }))
const SeverityTotals = Type.Object({
  critical: Total,
  high: Total,
  medium: Total,
  low: Total,
  info: Total,
  total: Total,
})
export type SeverityTotals = Static<typeof SeverityTotals>

export const ImportRecord = Type.Object({
  test: Type.Integer(),
  test_id: nullable(Type.Integer()),
  engagement_id: nullable(Type.Integer()),
  product_id: nullable(Type.Integer()),
  scan_type: nullable(Type.String()),
  statistics: nullable(
    Type.Object({
      before: nullable(SeverityTotals),
      after: nullable(SeverityTotals),
      delta: nullable(
        Type.Object({
          created: nullable(SeverityTotals),
          closed: nullable(SeverityTotals),
          reactivated: nullable(SeverityTotals),
          untouched: nullable(SeverityTotals),
          /** So spelled by 2.45 and before. */
          'left untouched': nullable(SeverityTotals),
        }),
      ),
    }),
  ),
})
export type ImportRecord = Static<typeof ImportRecord>
