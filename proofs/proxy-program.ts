import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startReceiver } from './receiver-process.js'

/** A reverse proxy from Debian's packages, and how it is started in the foreground. */
export interface ProxyProgram {
  readonly name: string
  readonly program: string
  readonly debianPackage: string
  readonly args: readonly string[]
  /** For everything it writes. */
  readonly folder: string
  /** What it listens on, by whatever name. */
  readonly ports: Readonly<Record<string, number>>
}

/** A proxy that runs until it is ended. */
export interface RunningProxy {
  /** What the program said. */
  log(): string
  end(): Promise<void>
}

/** Starts a proxy and waits until it listens; an error names the package where it is missing. */
export async function runProxyProgram({
  debianPackage,
  program,
  ...rest
}: ProxyProgram): Promise<RunningProxy> {
  if (!existsSync(program)) {
    throw new Error(`${rest.name} is needed: apt-get install ${debianPackage}`)
  }
  // It writes no messages.
  const none = join(rest.folder, 'none')
  return startReceiver({ ...rest, command: program, file: none, fieldsFile: none })
}
