import type { FindingRecord, TestRecord } from '../records.js'
import type { Store } from '../store.js'

/** The history that an import leaves behind: what the report of a scanner brought in. */
export function recordImport(
  store: Store,
  test: TestRecord,
  findings: readonly FindingRecord[],
): void {
  const { created, version, build_id, commit_hash, branch_tag } = test
  store.testImports.insert({
    created,
    modified: created,
    test: test.id,
    type: 'import',
    import_settings: {
      tags: test.tags,
      active: null,
      verified: null,
      service: null,
      group_by: null,
      scan_date: null,
      push_to_jira: false,
      minimum_severity: 'Info',
      close_old_findings: false,
      apply_tags_to_findings: false,
      apply_tags_to_endpoints: false,
      close_old_findings_product_scope: false,
      create_finding_groups_for_all_findings: true,
    },
    version: version ?? '',
    build_id: build_id ?? '',
    commit_hash: commit_hash ?? '',
    branch_tag: branch_tag ?? '',
    actions: findings.map(({ id }) => ({
      id: store.testImportActions.nextId++,
      action: 'N',
      finding: id,
      created,
    })),
  })
}
