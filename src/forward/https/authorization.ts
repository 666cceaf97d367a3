/** The header for a token, as it is if it already names one of these schemes. */
export function authorization(
  token: string | null,
  scheme: 'Bearer' | 'ApiKey',
  schemes: readonly string[] = ['Basic', 'Bearer'],
): Readonly<Record<string, string>> {
  if (token === null) return {}
  const named = schemes.some((name) => token.startsWith(`${name} `))
  return { authorization: named ? token : `${scheme} ${token}` }
}
