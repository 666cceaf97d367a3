/** One thing that was looked at. Neither text holds a secret. */
export interface Check {
  readonly name:
    | 'runtime'
    | 'environment'
    | 'configuration'
    | 'address'
    | 'clock'
    | 'version'
    | 'key'
    | 'read key'
    | 'write key'
    | 'user'
    | 'products'
  readonly status: 'ok' | 'warning' | 'problem'
  /** What was found, as a sentence. */
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

type Make = (name: Check['name'], found: string, advice?: string) => Check

const make =
  (status: Check['status']): Make =>
  (name, found, advice) => ({ name, status, found, ...(advice === undefined ? {} : { advice }) })

export const ok = make('ok')
export const warning = make('warning')
export const problem = make('problem')
