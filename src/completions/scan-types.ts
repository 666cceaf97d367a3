import { readScanTypes } from '../dojo/scan-types.js'
import type { Completer } from './completer.js'
import { isOfferable } from './offerable.js'
import { matching } from './words.js'

/** Report formats that this instance can import, without those whose name somebody could have given it to mislead. */
export const scanTypes: Completer = async (typed, _given, { dojo }) =>
  matching((await readScanTypes(dojo)).filter(isOfferable), typed.trim())
