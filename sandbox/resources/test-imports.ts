import type { Exchange } from '../http/exchange.js'
import type { Model } from '../http/model.js'
import type { TestImportRecord } from '../records.js'
import { visibility } from '../rules/access.js'
import * as types from '../rules/field-types.js'
import { byFields } from '../rules/ordering.js'
import { timestamp } from '../rules/times.js'
import { testView } from '../views/tests.js'

function visible(x: Exchange): TestImportRecord[] {
  const sees = visibility(x.store, x.user)
  return x.store.testImports.all().filter((row) => {
    const test = x.store.tests.get(row.test)
    return test !== undefined && sees.test(test)
  })
}

/** `/test_imports/`: what each import and reimport did, newest first. */
export const testImports: Model<TestImportRecord> = {
  path: 'test_imports',
  label: 'Test_Import',
  rows: (x) => visible(x).reverse(),
  find: (x, id) => visible(x).find((row) => row.id === id),
  view: (_x, rows) =>
    rows.map(({ actions, ...row }) => ({
      ...row,
      test_import_finding_action_set: actions.map(({ created, ...action }) => ({
        ...action,
        created,
        modified: created,
        test_import: row.id,
      })),
      findings_affected: actions.map((action) => action.finding).sort((a, b) => a - b),
    })),
  parent: {
    field: 'test',
    label: 'Test',
    find: (x, id) => x.store.tests.get(id),
    may(x, id) {
      const test = x.store.tests.get(id)
      return test !== undefined && visibility(x.store, x.user).test(test)
    },
  },
  fields: {
    test: types.reference((store) => store.tests),
    type: types.choice(['import', 'reimport']),
    version: types.optionalText(100),
    build_id: types.optionalText(150),
    commit_hash: types.optionalText(150),
    branch_tag: types.optionalText(150),
  },
  create({ store }, values) {
    const at = timestamp(store.now())
    return store.testImports.insert({
      created: at,
      modified: at,
      type: 'import',
      import_settings: {},
      version: '',
      build_id: '',
      commit_hash: '',
      branch_tag: '',
      actions: [],
      ...(values as { test: number }),
    })
  },
  filters: {
    id: { kind: 'number', of: (row) => row.id },
    test: {
      kind: 'one',
      exists: (id, x) => x.store.tests.get(id) !== undefined,
      of: (row) => row.test,
    },
    type: { kind: 'exact', of: (row) => row.type },
    version: { kind: 'exact', of: (row) => row.version },
    build_id: { kind: 'exact', of: (row) => row.build_id },
    commit_hash: { kind: 'exact', of: (row) => row.commit_hash },
    branch_tag: { kind: 'exact', of: (row) => row.branch_tag },
    findings_affected: { kind: 'numbers', of: (row) => row.actions.map(({ finding }) => finding) },
    test_import_finding_action__action: {
      kind: 'words',
      of: (row) => row.actions.map(({ action }) => action),
    },
    test_import_finding_action__finding: {
      kind: 'numbers',
      of: (row) => row.actions.map(({ finding }) => finding),
    },
  },
  ordering: byFields<TestImportRecord>(
    'id',
    'created',
    'modified',
    'version',
    'branch_tag',
    'build_id',
    'commit_hash',
  ),
  prefetch: {
    test: {
      ids: (row) => [row.test],
      view(x, id) {
        const test = x.store.tests.get(id)
        return test && testView(x.store, test)
      },
    },
  },
}
