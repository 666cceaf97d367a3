import { Type } from '@sinclair/typebox'
import { flag, headerSecret, integer, path, text } from '../variable.js'

const group = 'DefectDojo'

/** Where DefectDojo is and how the service talks to it (behaviour spec §2.1, §7.7). */
export const defectdojoVariables = {
  DEFECTDOJO_URL: text({
    group,
    reference: true,
    required: true,
    description: 'Address of DefectDojo; a path prefix is allowed, `/api/v2` is appended.',
    example: 'https://defectdojo.example.com',
  }),
  DEFECTDOJO_API_KEY: Type.Optional(
    headerSecret({
      group,
      reference: true,
      required: true,
      description:
        'API v2 key of the DefectDojo user the service acts as, unless both keys below are set.',
      example: '',
    }),
  ),
  DEFECTDOJO_READ_API_KEY: Type.Optional(
    headerSecret({
      group,
      reference: true,
      description: 'Key for reading; counts only together with `DEFECTDOJO_WRITE_API_KEY`.',
    }),
  ),
  DEFECTDOJO_WRITE_API_KEY: Type.Optional(
    headerSecret({
      group,
      reference: true,
      description:
        'Key for everything that changes DefectDojo; counts only together with `DEFECTDOJO_READ_API_KEY`.',
    }),
  ),
  ALLOW_INSECURE_HTTP: flag({
    group,
    reference: true,
    default: false,
    description: '`true` allows an `http://` DefectDojo; its API key then travels in clear.',
  }),
  DEFECTDOJO_CA: Type.Optional(
    path({
      group,
      description:
        'PEM file of the certificate authorities that DefectDojo is verified against, instead of the built-in ones.',
      example: '/etc/ssl/private-ca.pem',
    }),
  ),
  DEFECTDOJO_TIMEOUT_SECONDS: integer({
    group,
    default: 30,
    maximum: 3600,
    description: 'Seconds a request to DefectDojo may take, retries included.',
  }),
  DEFECTDOJO_IMPORT_TIMEOUT_SECONDS: integer({
    group,
    default: 600,
    maximum: 86_400,
    description: 'Seconds an import or reimport may take.',
  }),
  DEFECTDOJO_MAX_RESPONSE_BYTES: integer({
    group,
    default: 33_554_432,
    minimum: 1024,
    maximum: 1_073_741_824,
    description: 'Bytes (decompressed) of an answer from DefectDojo; larger ones are refused.',
  }),
  DEFECTDOJO_DEFAULT_FOUND_BY_ID: Type.Optional(
    integer({
      group,
      reference: true,
      maximum: 2_147_483_647,
      description:
        "Test type sent as `found_by` of new findings; not set means the test's own type.",
    }),
  ),
  HTTPS_PROXY: Type.Optional(
    text({
      group,
      reference: true,
      alias: 'https_proxy',
      description: 'Proxy for requests to an `https://` DefectDojo.',
      example: 'http://proxy.example.com:3128',
    }),
  ),
  NO_PROXY: Type.Optional(
    text({
      group,
      reference: true,
      alias: 'no_proxy',
      description: 'Hosts that are reached without the proxy, separated by commas.',
    }),
  ),
}
