import type { Person } from './people.js'
import type { ComponentTemplate, Language } from './template.js'

/** Where in a product something is found; the names are the blanks of the templates. */
export interface Places {
  language: Language
  host: string
  /** `file symbol parameter` */
  code: readonly string[]
  /** `endpoint parameter` */
  web: readonly string[]
  /** `file resource` */
  cloud?: readonly string[]
  secrets: readonly string[]
  /** Lock files, each with the ecosystem whose components it names. */
  manifests: readonly (readonly [ComponentTemplate['ecosystem'], string])[]
  image?: string
}

/** A product of the organisation; `type` names its product type. */
export interface ProductPlan {
  key: string
  name: string
  type: string
  description: string
  platform: string
  lifecycle: string
  origin: string
  criticality: string
  external: boolean
  /** Card data: shorter deadlines. */
  strict?: boolean
  manager: Person
  tags: readonly string[]
  users: number | null
  revenue: string | null
  places: Places
}

/** Name, description, and whether it is critical or key. */
export const productTypePlans = [
  ['Online Retail', 'Everything a customer of the shop sees.', true, true],
  ['Payments and Billing', 'Card payments, invoices, refunds. In scope of PCI DSS.', true, false],
  ['Shared Platform', 'What the other teams build on: identity, data, clusters.', false, true],
  ['Internal Tools', 'For employees only.', false, false],
] as const
