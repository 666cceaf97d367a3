import type { Static } from '@sinclair/typebox'
import type { DojoCall } from './dojo-call.js'
import { recordReader } from './record-reader.js'
import { UserProfileRecord } from './records.js'

const readRecord = recordReader(UserProfileRecord)

/** Who DefectDojo takes this server for: cheap, and allowed to every user (DefectDojo API §1.9). */
export const readProfile = async (
  dojo: Pick<DojoCall, 'get'>,
): Promise<Static<typeof UserProfileRecord>> => readRecord(await dojo.get('user_profile/'))
