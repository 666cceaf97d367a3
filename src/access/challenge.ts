/** What a request without a valid token is answered, with status 401. */
export interface Challenge {
  /** Value of `WWW-Authenticate`. */
  readonly header: string
  readonly body: { readonly error: 'invalid_token'; readonly error_description: string }
}

/**
 * The 401 of behaviour spec §3.4. Without `resource_metadata`: a client would start a sign-on that cannot end.
 *
 * @param description a fixed sentence of ours, without quotes or backslashes, since it stands in a quoted header value
 */
export const challenge = (description: string): Challenge => ({
  header: `Bearer error="invalid_token", error_description="${description}"`,
  body: { error: 'invalid_token', error_description: description },
})
