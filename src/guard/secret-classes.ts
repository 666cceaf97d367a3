import {
  isPlaceholder,
  looksLikeBearerToken,
  looksLikeEncodedBytes,
  looksLikeVaultToken,
} from './secret-false-alarms.js'

/** One kind of credential that is recognised in text. */
export interface SecretClass {
  readonly name: string
  /** Has exactly one group, the secret itself, where `accepts` is given; else none. Must run in linear time on any text. */
  readonly pattern: RegExp
  /** False when what was found only looks like a secret. */
  readonly accepts?: (value: string) => boolean
}

const isAssigned = (value: string): boolean => !isPlaceholder(value)

/** `password`, `passwd`, `token` and `secret` as whole words before an equals sign. */
const assignment = (word: string): SecretClass => ({
  name: `${word}_assignment`,
  pattern: new RegExp(`\\b${word}\\s*=\\s*(\\S{12,})`, 'i'),
  accepts: isAssigned,
})

const plain = (name: string, pattern: RegExp): SecretClass => ({ name, pattern })

/** The lines after a key's header, up to its footer where there is one: they are what must not be stored or shown. */
const pemBody = String.raw`(?:(?:\s|\\[nr])*(?:Proc-Type|DEK-Info):[^\n\\]{0,100})*(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{16,})*(?:(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{1,15})?(?:\s|\\[nr])*-----END [A-Z0-9 ]{0,20}PRIVATE KEY-----)?`
const pem = (name: string, kinds: string): SecretClass =>
  plain(name, new RegExp(`-----BEGIN ${kinds}PRIVATE KEY-----${pemBody}`))

/**
 * The catalogue, in the order in which classes win at one place of a text (behaviour spec §7.4). Where the reference takes ordinary
 * words for secrets, `accepts` tells them apart; every real credential that the reference finds is found.
 */
export const secretClasses: readonly SecretClass[] = [
  plain('aws_access_key', /\bAKIA[0-9A-Z]{16}/),
  {
    name: 'aws_secret_assignment',
    pattern: /AWS_SECRET_ACCESS_KEY\s*=\s*(\S+)/i,
    accepts: isAssigned,
  },
  {
    name: 'generic_api_key_assignment',
    pattern: /\b[a-z][a-z0-9_]*(?:APIKEY|API_KEY|API-KEY|SECRET|TOKEN|PASSWORD)\s*=\s*(\S{8,})/i,
    accepts: isAssigned,
  },
  assignment('password'),
  assignment('passwd'),
  assignment('token'),
  assignment('secret'),
  {
    name: 'bearer_token',
    pattern: /\bBearer\s+([A-Za-z0-9._-][A-Za-z0-9._~+/=-]*)/i,
    accepts: looksLikeBearerToken,
  },
  pem('pem_private_key', '(?:RSA |DSA |EC |OPENSSH |ENCRYPTED )?'),
  plain('github_pat', /\bghp_[A-Za-z0-9]{36,}/),
  plain('github_oauth', /\bgho_[A-Za-z0-9]{36,}/),
  plain('github_user_to_server', /\bghu_[A-Za-z0-9]{36,}/),
  plain('github_server_to_server', /\bghs_[A-Za-z0-9]{36,}/),
  plain('github_refresh', /\bghr_[A-Za-z0-9]{36,}/),
  plain('gitlab_pat', /\bglpat-[A-Za-z0-9_-]{20,}/),
  plain('slack_token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/),
  {
    name: 'base64_near_auth',
    // Not the name of a class in a text that has been redacted already.
    pattern:
      /(?<!\[REDACTED:\w{0,40})(?:authorization|auth|token|secret)[^A-Za-z0-9+/=]+([A-Za-z0-9+/=]{40,})/i,
    accepts: looksLikeEncodedBytes,
  },
  plain('github_pat_finegrained', /\bgithub_pat_[A-Za-z0-9_]{82,}/),
  plain('vault_token', /\bhv[sb]\.[A-Za-z0-9_-]{24,}/),
  {
    name: 'vault_legacy_token',
    pattern: /\bs\.([A-Za-z0-9]{24,})/,
    accepts: looksLikeVaultToken,
  },
  plain('anthropic_api_key', /\bsk-ant-[A-Za-z0-9_-]{40,}/),
  plain('openai_project_key', /\bsk-proj-[A-Za-z0-9_-]{40,}/),
  plain('stripe_live_key', /\b[sr]k_live_[A-Za-z0-9]{24,}/),
  plain('twilio_account_sid', /\bAC[0-9a-f]{32}/),
  plain('twilio_api_key_sid', /\bSK[0-9a-f]{32}/),
  plain('sendgrid_api_key', /\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{40,}/),
  pem('ed25519_private_key', 'ED25519 '),
  pem('ecdsa_private_key', 'ECDSA '),
]
