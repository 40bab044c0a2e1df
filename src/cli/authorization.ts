import { UsageError } from './usage-error.ts'

/**
 * The `Authorization` header of `check`. `--token` wins over credentials in the URL, which win over
 * METRICS_TOKEN.
 *
 * @throws {UsageError} without a secret in its message, which may be logged.
 */
export function authorizationOf(url: URL, token: string | undefined): string | undefined {
  if (token !== undefined) return bearer('--token', token.trim())
  if (url.username !== '' || url.password !== '') return basic(url)
  const fallback = (process.env['METRICS_TOKEN'] ?? '').trim()
  return fallback === '' ? undefined : bearer('METRICS_TOKEN', fallback)
}

function bearer(source: string, token: string): string {
  if (!/^[ -~]+$/.test(token)) {
    const got = token === '' ? 'nothing' : 'other characters'
    throw new UsageError(`${source}: expected one line of printable ASCII, got ${got}`)
  }
  return `Bearer ${token}`
}

function basic({ username, password }: URL): string {
  try {
    const credentials = [username, password].map(decodeURIComponent).join(':')
    return `Basic ${Buffer.from(credentials).toString('base64')}`
  } catch (error) {
    throw new UsageError(
      'check: expected the name and password in the URL to be percent-encoded, as in %25 for %, got something else',
      { cause: error },
    )
  }
}
