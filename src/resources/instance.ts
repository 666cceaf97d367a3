import { type Static, Type } from '@sinclair/typebox'
import { answerOrFailure } from '../dojo/answer-or-failure.js'
import { releases } from '../dojo/edition.js'
import { readProfile } from '../dojo/profile.js'
import { nullable, untrustedTextOrNull } from '../dojo/views.js'
import { fields } from '../guard/fields.js'
import { tools } from '../tools/index.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { version } from '../version.js'
import { defineResource } from './define-resource.js'

const userKinds = ['superuser', 'staff', 'other'] as const

const InstanceView = Type.Object({
  server: Type.Object({ name: Type.String(), version: Type.String() }),
  defectdojo: Type.Object({
    reachable: Type.Boolean(),
    problem: nullable(Type.String()),
    release: nullable(Type.Union(releases.map((release) => Type.Literal(release)))),
    user: untrustedTextOrNull,
    user_kind: nullable(Type.Union(userKinds.map((kind) => Type.Literal(kind)))),
  }),
  caller: Type.Object({
    id: Type.String(),
    role: nullable(Type.String()),
    permissions: Type.Array(Type.String()),
    tools: Type.Array(Type.String()),
  }),
})
type InstanceView = Static<typeof InstanceView>

export const instance = defineResource({
  name: 'instance',
  title: 'This DefectDojo and what you may do',
  description: `Whether DefectDojo answers, to which user of its own and of which release it is; your role, permissions and tools. ${untrustedHint}`,
  uri: 'defectdojo://instance',
  permission: 'system',
  input: fields({}),
  output: InstanceView,

  async run(_input, { dojo, caller, audit }): Promise<InstanceView> {
    const [profile, edition] = await Promise.all([
      answerOrFailure(readProfile(dojo)),
      answerOrFailure(dojo.edition()),
    ])
    const user = 'answer' in profile ? profile.answer.user : null
    if ('failure' in profile) {
      audit.detail('health', 'unhealthy')
      audit.detail('health_error', profile.failure.message)
    }
    return {
      server: { name: 'mcp-defectdojo', version },
      defectdojo: {
        reachable: user !== null,
        problem: 'failure' in profile ? profile.failure.message : null,
        release: 'answer' in edition ? edition.answer.release : null,
        user: user?.username ?? null,
        user_kind: user && kindOf(user),
      },
      caller: {
        id: caller.id,
        role: caller.role,
        permissions: [...caller.permissions],
        tools: tools
          .filter(({ permission }) => caller.permissions.has(permission))
          .map(({ name }) => name),
      },
    }
  },
})

type User = { readonly is_superuser?: boolean | null; readonly is_staff?: boolean | null }

function kindOf({ is_superuser, is_staff }: User): (typeof userKinds)[number] {
  if (is_superuser === true) return 'superuser'
  return is_staff === true ? 'staff' : 'other'
}
