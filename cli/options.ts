import { parseArgs } from 'node:util'

/** The command was called wrongly; `message` says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type OptionTypes = Record<string, { type: 'string' | 'boolean' }>

/** Reads `--name value` and `--flag`; refuses whatever is not in `options`. */
export function readOptions<const T extends OptionTypes>(
  argv: string[],
  options: T,
): { [K in keyof T]?: T[K]['type'] extends 'boolean' ? boolean : string } {
  try {
    const { values } = parseArgs({ args: argv, options, strict: true, allowPositionals: false })
    return values as ReturnType<typeof readOptions<T>>
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** A TCP port as a command line gives it; 0 takes a free one. */
export function readPort(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65535)) throw new UsageError(`--port must be between 0 and 65535, got '${text}'`)
  return port
}

/** Runs a command and turns a wrong call into exit status 64 with one line of advice. */
export async function withUsage(name: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number }
    if (code === 'EADDRINUSE') {
      process.stderr.write(
        `mcp-defectdojo ${name}: that port is taken (${port}); --port 0 takes a free one\n`,
      )
      return 1
    }
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`mcp-defectdojo ${name}: ${error.message}\nTry 'mcp-defectdojo --help'.\n`)
    return 64
  }
}
