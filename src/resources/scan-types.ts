import { Type } from '@sinclair/typebox'
import { readScanTypes } from '../dojo/scan-types.js'
import { fields } from '../guard/fields.js'
import { untrusted } from '../guard/untrusted-envelope.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { defineResource } from './define-resource.js'

export const scanTypes = defineResource({
  name: 'scan-types',
  title: 'Scan types for imports',
  description: `Every name this DefectDojo knows for scan_type of import_scan and reimport_scan, to be spelt exactly so. ${untrustedHint}`,
  uri: 'defectdojo://scan-types',
  permission: 'metadata_read',
  input: fields({}),
  // As one list in one envelope: some 270 of them would be ten times as long.
  output: Type.Object({ scan_types: untrusted(Type.Array(Type.String())) }),

  async run(_input, { dojo }) {
    return { scan_types: [...(await readScanTypes(dojo))] }
  },
})
