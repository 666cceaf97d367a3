import type { WeaknessTemplate } from './template.js'

/** What static analysis and code review find. */
export const codeWeaknesses: readonly WeaknessTemplate[] = [
  {
    kinds: ['code', 'pentest'],
    rule: 'sql-injection',
    title: 'SQL injection through {parameter} in {symbol}',
    severity: 'Critical',
    cwe: 89,
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    cvssv3_score: 9.8,
    description:
      'The value of `{parameter}` is joined into a SQL statement in `{symbol}` ({file}). No parameter binding happens between the request and the database driver.',
    impact:
      'An attacker reads and changes every table the service account can reach, customer data included.',
    mitigation:
      'Bind `{parameter}` as a parameter of a prepared statement. Restrict the database account to the tables it needs.',
    steps:
      "1. Send the request with `{parameter}` set to `x' OR '1'='1`.\n2. Compare the number of rows with a normal request.",
    references: ['https://owasp.org/www-community/attacks/SQL_Injection'],
    tags: ['owasp-a03', 'injection'],
  },
  {
    kinds: ['code'],
    rule: 'command-injection',
    title: 'Command line built from {parameter} in {symbol}',
    severity: 'Critical',
    cwe: 78,
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H',
    cvssv3_score: 9.9,
    description:
      '`{symbol}` starts a shell and passes it a command line that contains `{parameter}`. Shell metacharacters in the value run as commands.',
    impact: 'Anyone who may call this function runs commands with the rights of the service.',
    mitigation: 'Start the program without a shell and pass its arguments as a list.',
    references: [
      'https://cheatsheetseries.owasp.org/cheatsheets/OS_Command_Injection_Defense_Cheat_Sheet.html',
    ],
    tags: ['owasp-a03', 'injection'],
  },
  {
    kinds: ['code', 'pentest'],
    rule: 'insecure-deserialization',
    title: 'Untrusted data is deserialized in {symbol}',
    severity: 'High',
    cwe: 502,
    cvssv3: 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H',
    cvssv3_score: 8.1,
    languages: ['java', 'python', 'php'],
    description:
      'Bytes received by `{endpoint}` reach the native deserializer in {file} before their signature is checked.',
    impact: 'A crafted object can run code in the service.',
    mitigation:
      'Exchange plain JSON with a schema. Where objects must travel, verify a signature first and allow listed classes only.',
    references: ['https://cheatsheetseries.owasp.org/cheatsheets/Deserialization_Cheat_Sheet.html'],
    tags: ['owasp-a08'],
  },
  {
    kinds: ['code', 'pentest'],
    rule: 'path-traversal',
    title: 'Path traversal through {parameter} in {symbol}',
    severity: 'High',
    cwe: 22,
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N',
    cvssv3_score: 7.5,
    description:
      '`{symbol}` joins `{parameter}` to a base directory without checking where the result lies.',
    impact: 'Files outside the directory can be read, configuration with credentials among them.',
    mitigation: 'Resolve the path and refuse it unless it still begins with the base directory.',
    references: ['https://owasp.org/www-community/attacks/Path_Traversal'],
    tags: ['owasp-a01'],
  },
  {
    kinds: ['code'],
    rule: 'xml-external-entities',
    title: 'XML parser in {symbol} resolves external entities',
    severity: 'High',
    cwe: 611,
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:L',
    cvssv3_score: 7.1,
    languages: ['java', 'python', 'php'],
    description:
      'The parser made in {file} has external entities switched on, and reads documents sent to `{endpoint}`.',
    impact: 'Local files and internal addresses can be read through an uploaded document.',
    mitigation: 'Switch DOCTYPE declarations off in the parser factory.',
    references: [
      'https://cheatsheetseries.owasp.org/cheatsheets/XML_External_Entity_Prevention_Cheat_Sheet.html',
    ],
    tags: ['owasp-a05'],
  },
  {
    kinds: ['code', 'mobile'],
    rule: 'weak-password-hash',
    title: 'MD5 used for {symbol}',
    severity: 'Medium',
    cwe: 328,
    description: '`{symbol}` in {file} uses MD5 for a value that must not be guessed or forged.',
    impact: 'Values can be found by trying, at billions of attempts a second.',
    mitigation: 'Use SHA-256 for integrity and Argon2id for passwords.',
    references: [
      'https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html',
    ],
    tags: ['owasp-a02', 'crypto'],
  },
  {
    kinds: ['code', 'mobile'],
    rule: 'log-injection',
    title: 'Personal data written to the log in {symbol}',
    severity: 'Medium',
    cwe: 532,
    cvssv3: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N',
    cvssv3_score: 5.5,
    description:
      'The log statement in {file} prints the whole request, which holds `{parameter}` and the e-mail address of the customer.',
    impact:
      'Personal data ends up in the log archive, where more people may read it and nobody deletes it.',
    mitigation: 'Log the identifiers that are needed, and nothing else of the request.',
    references: ['https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html'],
    tags: ['gdpr', 'owasp-a09'],
  },
  {
    kinds: ['code'],
    rule: 'prototype-pollution',
    title: 'Object merge in {symbol} accepts __proto__',
    severity: 'Medium',
    cwe: 1321,
    languages: ['typescript'],
    description:
      '`{symbol}` copies keys of the request body one by one, `__proto__` and `constructor` included.',
    impact: 'Properties appear on every object of the process; at best the service stops.',
    mitigation: 'Refuse these keys, or copy into an object without a prototype.',
    references: [
      'https://cheatsheetseries.owasp.org/cheatsheets/Prototype_Pollution_Prevention_Cheat_Sheet.html',
    ],
    tags: ['owasp-a08'],
  },
  {
    kinds: ['code', 'mobile'],
    rule: 'insecure-random',
    title: 'Predictable random numbers in {symbol}',
    severity: 'Low',
    cwe: 338,
    description:
      'The generator used in {file} is not made for security, yet its output becomes a code sent to the customer.',
    impact: 'Codes can be predicted by somebody who has seen a few.',
    mitigation: 'Draw them from the cryptographic generator of the platform.',
    references: [
      'https://cheatsheetseries.owasp.org/cheatsheets/Cryptographic_Storage_Cheat_Sheet.html',
    ],
    tags: ['crypto'],
  },
  {
    kinds: ['code'],
    rule: 'redos',
    title: 'Regular expression in {symbol} can take exponential time',
    severity: 'Low',
    cwe: 1333,
    description:
      'The expression in {file} backtracks without limit on long input that almost matches.',
    impact: 'One request can keep a worker busy for minutes.',
    mitigation:
      'Limit the length of `{parameter}` before matching and rewrite the nested repetition.',
    references: [
      'https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS',
    ],
  },
  {
    kinds: ['code'],
    rule: 'swallowed-exception',
    title: 'Exception swallowed in {symbol}',
    severity: 'Info',
    cwe: 391,
    description: 'An empty handler in {file} hides every failure of `{symbol}`.',
    impact: 'Faults, and attacks that cause them, go unnoticed.',
    mitigation: 'Handle the failures that are expected, log the others.',
    references: [],
  },
]
