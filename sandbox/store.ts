import * as defaults from './defaults.js'
import type * as records from './records.js'
import { hashCode } from './rules/hash-code.js'
import { numericalSeverity } from './rules/severities.js'
import { slaExpiration } from './rules/sla.js'
import { sortTags } from './rules/tags.js'
import { addDays, day, timestamp } from './rules/times.js'
import { titleCase } from './rules/title-case.js'
import { createTable, type Table } from './table.js'

/** Anything that carries notes. */
export interface Annotated {
  notes: number[]
}

type Some<Row, Needed extends keyof Row> = Partial<Row> & Pick<Row, Needed>

/** The kinds of objects that carry tags, each with tags of its own. */
export type TaggedKind = 'product' | 'engagement' | 'test' | 'finding'

/** A note to add; the author is the superuser and the date now unless said otherwise. */
export interface NewNote {
  entry: string
  author?: number
  private?: boolean
  date?: string
  note_type?: number | null
  /** True where DefectDojo starts an edit history: notes added through `notes/`, not those of close and verify. */
  withHistory?: boolean
}

/**
 * All data of one sandbox. The `create…` methods fill in DefectDojo's defaults, give ids, and keep what a save keeps (title case,
 * hash, SLA date, numerical severity); they check nothing, so a seed can make any state, and any `created` date.
 */
export interface Store {
  /** The sandbox's clock. */
  now(): Date
  users: Table<records.UserRecord>
  productTypes: Table<records.ProductTypeRecord>
  products: Table<records.ProductRecord>
  engagements: Table<records.EngagementRecord>
  testTypes: Table<records.TestTypeRecord>
  tests: Table<records.TestRecord>
  findings: Table<records.FindingRecord>
  notes: Table<records.NoteRecord>
  noteHistory: { nextId: number }
  testImports: Table<records.TestImportRecord>
  testImportActions: { nextId: number }
  riskAcceptances: Table<records.RiskAcceptanceRecord>
  slaConfigurations: Table<records.SlaConfigurationRecord>
  environments: Table<records.NamedRecord>
  toolTypes: Table<records.NamedRecord>
  regulations: Table<records.NamedRecord>
  /** The single row of system settings, with `enable_deduplication`. */
  settings: Record<string, unknown>
  createProductType(values: Some<records.ProductTypeRecord, 'name'>): records.ProductTypeRecord
  /** `prod_type` is 1 unless given. */
  createProduct(values: Some<records.ProductRecord, 'name'>): records.ProductRecord
  /** Starts today and ends in a week unless given. */
  createEngagement(values: Some<records.EngagementRecord, 'product'>): records.EngagementRecord
  createTest(values: Some<records.TestRecord, 'engagement' | 'test_type'>): records.TestRecord
  createFinding(
    values: Some<records.FindingRecord, 'test' | 'title' | 'severity'>,
  ): records.FindingRecord
  addNote(target: Annotated, note: NewNote): records.NoteRecord
  /** The test type of that name, made when there is none. */
  testTypeNamed(name: string): records.TestTypeRecord
  /** The tags in the spelling that this kind of object knows them by: the first one stored wins, whatever its capitals. */
  spell(kind: TaggedKind, tags: readonly string[]): string[]
  /** What follows from a finding's other fields; to be called after every change of one. */
  refresh(finding: records.FindingRecord): void
}

/** An empty store: not even the rows of a fresh server, see `seed.ts`. */
export function createStore(now: () => Date): Store {
  const spellings: Record<TaggedKind, Map<string, string>> = {
    product: new Map(),
    engagement: new Map(),
    test: new Map(),
    finding: new Map(),
  }
  const store: Store = {
    now,
    users: createTable(),
    productTypes: createTable(),
    products: createTable(),
    engagements: createTable(),
    testTypes: createTable(),
    tests: createTable(),
    findings: createTable(),
    notes: createTable(),
    noteHistory: { nextId: 1 },
    testImports: createTable(),
    testImportActions: { nextId: 1 },
    riskAcceptances: createTable(),
    slaConfigurations: createTable(),
    environments: createTable(),
    toolTypes: createTable(),
    regulations: createTable(),
    settings: {},

    createProductType(values) {
      return store.productTypes.insert({
        ...stamps(),
        ...defaults.productTypeDefaults(),
        ...values,
      })
    },

    createProduct(values) {
      return store.products.insert({
        ...stamps(),
        ...defaults.productDefaults(),
        prod_type: 1,
        ...values,
        tags: store.spell('product', values.tags ?? []),
      })
    },

    createEngagement(values) {
      const today = day(now())
      const start = values.target_start ?? today
      return store.engagements.insert({
        ...stamps(),
        ...defaults.engagementDefaults(),
        target_start: start,
        target_end: addDays(start, 7),
        ...values,
        // Django names an engagement after its first day when nobody else does.
        name: values.name || start,
        tags: store.spell('engagement', values.tags ?? []),
      })
    },

    createTest(values) {
      const at = timestamp(now())
      return store.tests.insert({
        ...stamps(),
        ...defaults.testDefaults(),
        target_start: at,
        target_end: at,
        ...values,
        tags: store.spell('test', values.tags ?? []),
      })
    },

    createFinding(values) {
      const at = timestamp(now())
      const located = Boolean(values.file_path)
      const row = Object.assign(defaults.findingDefaults(), {
        ...stamps(),
        date: day(now()),
        last_status_update: values.created ?? at,
        static_finding: located,
        dynamic_finding: !located,
      })
      const finding = store.findings.insert(Object.assign(row, values))
      finding.tags = store.spell('finding', values.tags ?? [])
      if (values.found_by === undefined || values.found_by.length === 0) {
        const test = store.tests.get(finding.test)
        finding.found_by = test ? [test.test_type] : []
      }
      store.refresh(finding)
      finding.hash_code ??= hashCode(finding, store.tests.get(finding.test)?.scan_type ?? null)
      return finding
    },

    addNote(target, note) {
      const at = note.date ?? timestamp(now())
      const author = note.author ?? 1
      const noteType = note.note_type ?? null
      const row = store.notes.insert({
        author,
        entry: note.entry,
        date: at,
        private: note.private ?? false,
        edited: false,
        editor: null,
        edit_time: at,
        note_type: noteType,
        history: [],
      })
      if (note.withHistory) {
        const id = store.noteHistory.nextId++
        const { entry: data } = note
        row.history.push({ id, current_editor: author, note_type: noteType, data, time: at })
      }
      target.notes.push(row.id)
      return row
    },

    testTypeNamed(name) {
      const known = store.testTypes.all().find((type) => type.name === name)
      if (known) return known
      return store.testTypes.insert({ name, static_tool: false, dynamic_tool: false, active: true })
    },

    spell(kind, tags) {
      const known = spellings[kind]
      return sortTags(
        tags.map((tag) => {
          const lower = tag.toLowerCase()
          const spelling = known.get(lower) ?? tag
          known.set(lower, spelling)
          return spelling
        }),
      )
    },

    refresh(finding) {
      finding.title = titleCase(finding.title.slice(0, 511))
      finding.numerical_severity = numericalSeverity(finding.severity)
      const test = store.tests.get(finding.test)
      const product = store.products.get(store.engagements.get(test?.engagement)?.product)
      const sla = store.slaConfigurations.get(product?.sla_configuration)
      if (store.settings.enable_finding_sla !== false) {
        finding.sla_expiration_date = slaExpiration(finding, sla)
      }
    },
  }
  return store

  function stamps(): { created: string; updated: string } {
    const at = timestamp(now())
    return { created: at, updated: at }
  }
}
