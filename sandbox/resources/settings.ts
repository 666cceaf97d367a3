import { forbidden } from '../http/api-error.js'
import { type Exchange, ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { page } from '../http/paging.js'

function superuser(x: Exchange): void {
  if (!x.user.is_superuser) throw forbidden()
}

function change(x: Exchange) {
  superuser(x)
  const { settings } = x.store
  for (const [name, value] of Object.entries(bodyFields(x))) {
    // Only what is there, and only as the type that is there: `enable_deduplication: "yes"` changes nothing.
    if (name !== 'id' && typeof settings[name] === typeof value) settings[name] = value
  }
  return ok(settings)
}

/** System settings and the state of the workers, for superusers. */
export const settingsRoutes: Route[] = [
  {
    path: 'system_settings',
    methods: {
      GET(x) {
        superuser(x)
        return ok(page(x, [x.store.settings], (rows) => [...rows]))
      },
    },
  },
  { path: 'system_settings/:id', methods: { PUT: change, PATCH: change } },
  {
    path: 'celery/status',
    methods: {
      GET(x) {
        superuser(x)
        return ok({
          worker_status: false,
          broker_status: true,
          queue_length: 0,
          task_time_limit: 43_200,
          task_soft_time_limit: null,
          task_default_expires: 43_200,
        })
      },
    },
  },
]
