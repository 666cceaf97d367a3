/** Exchanges that the sandbox answers differently in status, keys or types, by name, and why that is so. */
export const knownDifferences: Readonly<Record<string, string>> = {}

/** Complaints of the OpenAPI document about answers that the real server gives just so; `only` names the exchanges that may draw them. */
export const documentedOtherwise: readonly { matches: RegExp; why: string; only?: RegExp }[] = [
  {
    matches: /^\/user_contact_info must be object/,
    why: 'null for users without contact information',
  },
  {
    matches: /\/note_type must be object/,
    why: 'null for notes without a type, which is most of them',
  },
  {
    matches: /\/related_fields( must be null| must match a schema|\/jira must be object)/,
    why: 'related_fields.jira is null where no JIRA is linked',
  },
  {
    matches: /^\/ must have required property '(date|history|id|note_type)'/,
    why: 'a new note is answered without these four',
    only: /^note add$/,
  },
  {
    matches: /^\/ must have required property 'pro'/,
    why: 'an import answers with advertising only now and then',
    only: /import: /,
  },
  {
    matches: /^\/endpoint_to_add must be integer/,
    why: 'null unless it was sent',
    only: /import: /,
  },
]
