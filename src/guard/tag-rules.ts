/** Characters that end a line, or that a reader cannot see. */
const invisible = /[\p{C}\p{Zl}\p{Zp}]/u

/**
 * Why a value cannot be stored as a tag, or null (behaviour spec §7.6). Its length is not looked at: between the two, the order of
 * refusals has the check for secrets.
 */
export function tagRefusal(tag: unknown): string | null {
  if (typeof tag !== 'string') return 'tag must be a string'
  if (tag === '') return 'tag must not be empty'
  if (tag.includes(',')) {
    return 'tag must not contain commas — DefectDojo splits comma-separated values into multiple tags'
  }
  if (invisible.test(tag)) return 'tag must not contain control or line-break characters'
  if (!/^[A-Za-z0-9._:/\-+ ]+$/.test(tag)) {
    return "tag contains disallowed characters — only letters, digits, and '._:/-+ ' are accepted (parentheses, equals signs, and similar function-call syntax are rejected)"
  }
  if (tag.includes(' ')) {
    return "tag must not contain spaces — DefectDojo refuses them; join the words with '-' or '_'"
  }
  return null
}

/** The tag as DefectDojo will store it. */
export const normaliseTag = (tag: string): string => tag.toLowerCase()
