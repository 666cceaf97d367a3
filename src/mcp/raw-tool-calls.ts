import { Server, type StandardSchemaV1 } from '@modelcontextprotocol/server'

/**
 * The SDK's server, except that `tools/call` reaches its handler as it came. The SDK would refuse arguments that are no object
 * before the pipeline has heard of the call, which would leave no record of it (decisions D1).
 */
export class RawToolCallServer extends Server {
  protected override _wrapHandler(
    ...[method, handler]: Parameters<Server['_wrapHandler']>
  ): ReturnType<Server['_wrapHandler']> {
    return method === 'tools/call' ? handler : super._wrapHandler(method, handler)
  }
}

/** Takes the members of `params` for what they are; the pipeline judges them. */
export const anyParams: StandardSchemaV1<unknown, Readonly<Record<string, unknown>>> = {
  '~standard': {
    version: 1,
    vendor: 'mcp-defectdojo',
    validate: (value) => ({ value: value as Readonly<Record<string, unknown>> }),
  },
}
