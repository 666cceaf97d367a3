/** One thing DefectDojo said, and the field it said it of (`''` when of none). */
interface Complaint {
  readonly field: string
  readonly text: string
}

interface Refusal {
  readonly said: RegExp
  /** Only when said of one of these fields. */
  readonly of?: readonly string[]
  /** What we say instead. `field` is a name of ours or "A value"; `number` is what the first group of `said` caught. */
  readonly say: string | ((field: string, number: string) => string)
}

const most = { complaints: 50, characters: 1_000, sentences: 3 }

/**
 * The names we repeat to a caller: parameters of ours or fields of DefectDojo's documentation. Any other key of an answer is
 * text from outside.
 */
const fieldNames = new Set(
  `active apply_tags_to_findings auto_create_context branch_tag build_id business_criticality close_old_findings commit_hash
  component_name component_version cvssv3 cvssv4 cvssv3_score cvssv4_score cwe cwes date description duplicate duplicate_finding
  endpoint_to_add engagement engagement_name engagement_type entry environment epss_percentile epss_score false_p file file_path
  found_by group_by impact is_mitigated lead lifecycle limit line minimum_severity mitigated mitigated_by mitigation name note
  note_type numerical_severity o offset origin out_of_scope outside_of_sla platform private prod_numeric_grade prod_type product
  product_manager product_name product_type_name references risk_accepted scan_date scan_type service severity sla_configuration
  status steps_to_reproduce tags target_end target_start team_manager technical_contact test test_title test_type title
  vulnerability_ids verified version`.split(/\s+/),
)

/** Where DefectDojo calls a parameter of ours something else. */
const parameterNames = new Map(
  ['product', 'engagement', 'test', 'prod_type', 'test_type'].map((name) => [name, `${name}_id`]),
)

/** Ends the sentence about a filter by the id of something that DefectDojo does not have. */
export const unknownObject = 'names something that does not exist, or that this server may not see.'

/** The first entry that fits a complaint answers it. */
const refusals: readonly Refusal[] = [
  // state of a finding (DefectDojo API §8.3, §8.5)
  {
    said: /^False positive findings cannot be verified/,
    say: 'DefectDojo refuses false_p on a verified finding: set verified to false in the same call.',
  },
  {
    said: /^Duplicate findings cannot be verified or active/,
    say: 'DefectDojo wants a duplicate inactive and unverified: set active and verified to false in the same call; to make it active again, use reopen_finding.',
  },
  {
    said: /^Active findings cannot be risk accepted/,
    say: 'DefectDojo refuses an active finding whose risk is accepted: clear the risk acceptance, or set active to false.',
  },
  {
    said: /^Simple risk acceptance is disabled/,
    say: 'Simple risk acceptance is switched off for this product; accept the risk in the DefectDojo web interface.',
  },
  {
    said: /^Editing mitigated timestamp is disabled/,
    say: 'This DefectDojo does not let mitigation dates be edited.',
  },
  {
    said: /^Not allowed to set mitigated_by/,
    say: 'This DefectDojo does not let the person who mitigated be set.',
  },
  // tags (§8.8)
  {
    said: /^Invalid tag:/,
    say: 'DefectDojo accepts no spaces, commas or quotes in a tag.',
  },
  {
    said: /is not a valid tag in list/,
    say: 'The finding does not carry every one of these tags in exactly this spelling, so DefectDojo removed none of them.',
  },
  { said: /^Empty Tag List/, say: 'At least one tag is needed.' },
  // targets and reports of an import (§9)
  {
    said: /^product_name parameter missing/,
    say: 'The import has no target: give product_name and engagement_name, or test_id to reimport_scan.',
  },
  {
    said: /^engagement_name parameter missing/,
    say: 'The import has no target: engagement_name is needed beside product_name.',
  },
  {
    said: /no product_type_name provided/,
    say: 'No product of that name exists, and without product_type_name DefectDojo cannot create it.',
  },
  {
    said: /^Engagement ".*" does not exist in Product/,
    say: 'The product has no engagement of that name; with auto_create_context it would be created.',
  },
  {
    said: /^(?:Engagement|Test) "\d+" does not exist$/,
    say: 'The engagement or test with that id does not exist in DefectDojo.',
  },
  { said: /^Product Type ".*" does not exist/, say: 'No product type of that name exists.' },
  {
    said: /^Product ".*" does not exist/,
    say: 'No product of that name exists; with auto_create_context and product_type_name it would be created.',
  },
  {
    said: /identifiers are inconsistent/,
    say: 'The ids and names given for the target contradict each other.',
  },
  {
    said: /must be an integer$/,
    say: 'An id must be a whole number.',
  },
  {
    said: /Environment named .* does not exist/,
    say: 'No environment of that name exists; with auto_create_context it would be created.',
  },
  {
    said: /is not a valid choice\.$/,
    of: ['scan_type'],
    say: "This DefectDojo has no scan_type of that name. It is spelt exactly as DefectDojo lists it, capitals and spaces included, for example 'Trivy Scan', 'SARIF' or 'Generic Findings Import'; list_test_types shows the names.",
  },
  { said: /^Uploading a Report File is required/, say: 'This scan_type needs a report file.' },
  {
    said: /^File extension /,
    say: 'DefectDojo does not accept a report file with that extension; among those it takes are json, sarif, xml, csv, html, txt, zip and nessus.',
  },
  { said: /^The submitted file is empty/, say: 'The report file is empty.' },
  {
    said: /^Report file is too large/,
    say: 'The report is larger than DefectDojo accepts.',
  },
  {
    said: /scan_date cannot be in the future/,
    say: 'scan_date must not be in the future.',
  },
  // objects
  { said: /^Your target start date exceeds/, say: 'target_start must not be after target_end.' },
  { said: /already exists\.?$/, say: 'That name is already taken in DefectDojo.' },
  {
    said: /^Unable to check for permissions: Attribute/,
    say: 'The id of the object above is missing.',
  },
  {
    said: /^Severity must be one of/,
    say: 'severity must be Info, Low, Medium, High or Critical.',
  },
  {
    said: /^No valid CVSS|CVSS.*vector/i,
    say: (field) => `${field} must be a valid CVSS vector.`,
  },
  // filters and fields in general (§1.6, §2)
  {
    said: /^Select a valid choice\. That choice/,
    say: (field) => `${field} ${unknownObject}`,
  },
  {
    said: /^Select a valid choice\.|is not a valid choice\.$/,
    say: (field) => `${field} is not one of the values DefectDojo knows.`,
  },
  {
    said: /^Invalid pk /,
    say: (field) => `${field} names something that does not exist in DefectDojo.`,
  },
  { said: /^This field is required/, say: (field) => `DefectDojo requires ${field}.` },
  {
    said: /^This field may not be (?:blank|null)/,
    say: (field) => `${field} must not be empty.`,
  },
  {
    said: /^Ensure this field has no more than (\d{1,6}) characters/,
    say: (field, number) => `${field} must have at most ${number} characters.`,
  },
  {
    said: /^Ensure this value (?:is|has) /,
    say: (field) => `${field} is out of the range DefectDojo accepts.`,
  },
  {
    said: /^Date(?:time)? has wrong format|^Enter a valid date/,
    say: (field) => `${field} must be a date written YYYY-MM-DD.`,
  },
  {
    said: /^(?:Enter a (?:whole )?number|A valid (?:integer|number) is required|Incorrect type)/,
    say: (field) => `${field} must be a number.`,
  },
  { said: /^Must be a valid boolean/, say: (field) => `${field} must be true or false.` },
  { said: /^Invalid json list|^Expected a list/, say: (field) => `${field} must be a list.` },
]

/**
 * What DefectDojo's refusal means, in at most three sentences of ours; none when we do not know it. No word of the answer is
 * repeated but names of fields from a closed set, and numbers.
 */
export function knownRefusals(body: unknown, resource: string): readonly string[] {
  const complaints = complaintsIn(body)
  const sentences = new Set<string>()
  for (const { field, text } of complaints) {
    const sentence = sentenceFor(field, text)
    if (sentence !== undefined) sentences.add(sentence)
  }
  // A parser's own words come alone, as the message of the whole (§9.4).
  const isImport = resource === 'import-scan' || resource === 'reimport-scan'
  if (isImport && sentences.size === 0 && complaints.some(({ field }) => field === 'message')) {
    sentences.add(
      'DefectDojo could not read the report as this scan_type: check that they fit and that the report is whole. An empty test may have been left behind.',
    )
  }
  return [...sentences].slice(0, most.sentences)
}

function sentenceFor(field: string, text: string): string | undefined {
  for (const { said, of, say } of refusals) {
    if (of && !of.includes(field)) continue
    const match = said.exec(text)
    if (!match) continue
    if (typeof say === 'string') return say
    const known = fieldNames.has(field) ? (parameterNames.get(field) ?? field) : 'A value'
    return say(known, match[1] ?? '')
  }
  return undefined
}

/** Every text of an error body, whatever its shape (§2), without the repetition in `message` and the advertisement in `pro`. */
function complaintsIn(body: unknown): readonly Complaint[] {
  const complaints: Complaint[] = []
  const collect = (field: string, value: unknown, depth: number): void => {
    if (complaints.length >= most.complaints || depth > 4) return
    if (typeof value === 'string') {
      complaints.push({ field, text: oneLine(value.slice(0, most.characters)) })
    } else if (Array.isArray(value)) {
      for (const item of value) collect(field, item, depth + 1)
    } else if (value !== null && typeof value === 'object') {
      for (const [name, item] of Object.entries(value)) collect(field || name, item, depth + 1)
    }
  }

  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    collect('', body, 0)
  } else {
    const { message, pro: _advertisement, ...fields } = body as Record<string, unknown>
    collect('', Object.keys(fields).length === 0 ? { message } : fields, 0)
  }
  return complaints
}

/** Without line breaks, and without the Python list that model-level errors come in: `['…']`. */
function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return /^\[(['"])(.*)\1\]$/.exec(line)?.[2] ?? line
}
