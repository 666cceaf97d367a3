import type { Store } from './store.js'

/**
 * The state that the recordings of 3.2.0 start from, as far as they show it: three product types and three products, the first with
 * `member` among its people; what they made got the product id 4, engagement 5, test 9, finding 21, note 9, import 6, acceptance 2.
 */
export function seedRecorded(store: Store): void {
  const admin = store.users.get(1)
  if (admin) Object.assign(admin, { first_name: 'A', last_name: 'U' })
  const member = store.users.all().find((user) => user.username === 'member')
  store.createProductType({ name: 'PT-staff' })
  store.createProductType({ name: 'Web shops' })
  store.createProduct({
    name: 'Shop',
    description: 'The shop.',
    authorized_users: member ? [member.id] : [],
  })
  store.createProduct({ name: 'Warehouse', description: 'The warehouse.', prod_type: 2 })
  store.createProduct({ name: 'Intranet', description: 'The intranet.', prod_type: 3 })
  for (const product of [1, 1, 2, 3]) {
    store.createEngagement({ product, name: `Review ${product}`, status: 'In Progress' })
  }
  for (const [index, engagement] of [1, 1, 1, 2, 2, 3, 3, 4].entries()) {
    store.createTest({ engagement, test_type: 3, title: `Test ${index + 1}`, environment: 1 })
  }
  const severities = ['High', 'Medium', 'Low', 'Info'] as const
  for (let index = 0; index < 20; index += 1) {
    store.createFinding({
      test: 1 + (index % 8),
      title: `Finding ${index + 1}`,
      severity: severities[index % 4] ?? 'Info',
      description: 'Made before the recordings began.',
      active: index % 5 !== 0,
    })
  }
  store.notes.startAt(9)
  store.noteHistory.nextId = 4
  store.testImports.startAt(6)
  store.testImportActions.nextId = 8
  store.riskAcceptances.startAt(2)
}
