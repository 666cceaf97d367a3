/** An answer that is not a success: `body` goes out as JSON, null as no body at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(`HTTP ${status}`)
  }
}

/** One complaint about one field, with the code that the Python text beside it shows. */
export interface FieldIssue {
  text: string
  code: string
}
export type FieldIssues = Record<string, FieldIssue[]>

const pro = ['Pro comes with support. Try today for free or email us at hello@defectdojo.com']

/** How Python writes a text: single quotes, unless only those are inside. */
function pythonText(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  if (escaped.includes("'") && !escaped.includes('"')) return `"${escaped}"`
  return `'${escaped.replaceAll("'", "\\'")}'`
}

/** How Python writes a list of texts. */
export function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonText).join(', ')}]`
}

/** 400 as the main resources give it: the fields, `message` repeating them as Python, and an advertisement. */
export function refused(issues: FieldIssues): ApiError {
  const fields = Object.entries(issues)
  const message = fields.map(([field, list]) => {
    const details = list.map((i) => `ErrorDetail(string=${pythonText(i.text)}, code='${i.code}')`)
    return `'${field}': [${details.join(', ')}]`
  })
  return new ApiError(400, { ...texts(issues), message: `{${message.join(', ')}}`, pro })
}

/** 400 as notes, tags and close give it: the fields alone. */
export function refusedPlainly(issues: FieldIssues): ApiError {
  return new ApiError(400, texts(issues))
}

/** 400 for a rule across fields. */
export function ruleBroken(text: string): ApiError {
  return refused({ non_field_errors: [{ text, code: 'invalid' }] })
}

/** 400 from a model or a parser: a Python list in a string. */
export function modelRefused(text: string): ApiError {
  return new ApiError(400, { message: pythonList([text]), pro })
}

/** 400 of import and reimport when the target cannot be found. */
export const targetUnresolved = (text: string) => new ApiError(400, [text])
/** 400 when a create does not name its parent. */
export const parentMissing = (field: string) =>
  new ApiError(400, {
    detail: `Unable to check for permissions: Attribute '${field}' is required`,
  })
/** 404 for a row that is not there, or not for this user. `model` is Django's name for it. */
export const noSuch = (model: string) =>
  new ApiError(404, { detail: `No ${model} matches the given query.` })
/** 404 for an id that is not a number. */
export const notFound = () => new ApiError(404, { detail: 'Not found.', message: '', pro })
/** 403 for a user who is known but may not. */
export const forbidden = (detail = 'You do not have permission to perform this action.') =>
  new ApiError(403, { detail })
/** 405 of a path that exists. */
export const methodNotAllowed = (method: string) =>
  new ApiError(405, { detail: `Method "${method}" not allowed.` })
/** 500 as DefectDojo words all of them. */
export const broken = () =>
  new ApiError(500, { message: 'Internal server error, check logs for details', pro })
/** 400 with a single `error`, as the removal of tags and notes gives it. */
export const refusedWithError = (error: string) => new ApiError(400, { error })

function texts(issues: FieldIssues): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(issues).map(([field, list]) => [field, list.map((issue) => issue.text)]),
  )
}
