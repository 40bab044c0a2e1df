import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { codedError } from '../../../support/coded-error.ts'
import { isObject, readOptions } from '../../../support/validate.ts'

/** Rules for scrapers. At least one is required; a scraper must satisfy every kind that is given. */
export interface AuthorizeRules {
  /** The token of `Authorization: Bearer …`, or several tokens during a rotation. */
  readonly bearer?: string | readonly string[]
  /** The user of `Authorization: Basic …`; requires `password`. With `bearer`, either is enough. */
  readonly username?: string
  /** The password, or several passwords during a rotation. */
  readonly password?: string | readonly string[]
  /** Addresses and networks of the connection's other end, such as `10.0.0.0/8` and `::1`. */
  readonly allow?: readonly string[]
}

/** Decides on the server's own request. Only `true` lets it in; an error keeps it out. */
export type AuthorizeFunction<Request> = (request: Request) => boolean | Promise<boolean>

/** The part of a request that the rules check. */
export interface Credentials {
  readonly authorization: string | undefined
  /** The address of the connection's other end. */
  readonly remoteAddress: string | undefined
}

export type Verdict =
  | { readonly status: 200 }
  | { readonly status: 401; readonly challenges: readonly string[] }
  | { readonly status: 403 }

const basicChallenge = 'Basic realm="metrics", charset="UTF-8"'

/**
 * @param tokenAsPassword accepts the bearer token as the password of any user, for browsers, which
 * cannot send a token from their address bar
 * @throws {TypeError} for rules that are invalid, let everyone in or can never be satisfied.
 */
export function compileRules(
  given: AuthorizeRules,
  tokenAsPassword = false,
): (credentials: Credentials) => Verdict {
  // The value stays out of the message: it may be the secret.
  if (!isObject(given)) fail('an object or a function', typeof given)
  const rules = readOptions('authorize', given, {
    bearer: true,
    username: true,
    password: true,
    allow: true,
  })
  const hasBearer = Object.hasOwn(rules, 'bearer')
  const hasBasic = Object.hasOwn(rules, 'username') || Object.hasOwn(rules, 'password')
  const hasAllow = Object.hasOwn(rules, 'allow')
  if (!hasBearer && !hasBasic && !hasAllow) {
    fail('bearer, username and password, or allow', 'none of them')
  }
  const secrets: Buffer[] = []
  const challenges: string[] = []
  if (hasBearer) {
    secrets.push(...tokensOf(rules.bearer).map((token) => digest(`Bearer ${token}`)))
    challenges.push('Bearer realm="metrics"')
    if (tokenAsPassword && !hasBasic) challenges.push(basicChallenge)
  }
  if (hasBasic) {
    const username = usernameOf(rules.username)
    for (const password of textsOf('password', rules.password)) {
      secrets.push(digest(`Basic ${username}:${password}`))
    }
    challenges.push(basicChallenge)
  }
  const allowed = hasAllow ? blockListOf('allow', rules.allow) : undefined
  return ({ authorization, remoteAddress }) => {
    if (allowed !== undefined && !contains(allowed, remoteAddress)) return { status: 403 }
    if (secrets.length === 0 || holdsOne(secrets, credentialsIn(authorization ?? ''))) {
      return { status: 200 }
    }
    const isToken =
      tokenAsPassword && hasBearer && holdsOne(secrets, passwordAsToken(authorization ?? ''))
    return isToken ? { status: 200 } : { status: 401, challenges }
  }
}

// The secret stays out of the message: errors end in logs.
function fail(expected: string, got: string): never {
  throw codedError(
    'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    `prisma-prometheus: authorize: expected ${expected}, got ${got}`,
  )
}

function tokensOf(value: unknown): string[] {
  const tokens = stringsOf('bearer', value)
  for (const token of tokens) {
    // Node trims a header and reads it as latin1: any other token never matches.
    if (!/^[\t\x20-\x7e\x80-\xff]+$/.test(token) || token !== token.trim()) {
      fail('bearer: printable latin1 characters without space at the ends', 'another token')
    }
  }
  return tokens
}

function usernameOf(value: unknown): string {
  if (Array.isArray(value)) fail('username: a string', 'an array')
  const [username = ''] = textsOf('username', value)
  if (username.includes(':')) fail('username: a name without a colon', 'one with a colon')
  return username
}

/** User names and passwords: RFC 7617 allows no control characters. */
function textsOf(name: string, value: unknown): string[] {
  const texts = stringsOf(name, value)
  for (const text of texts) {
    if (/\p{Cc}|\p{Cs}/u.test(text)) fail(`${name}: no control characters`, 'one with some')
  }
  return texts
}

function stringsOf(name: string, value: unknown): string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) fail(`${name}: at least one`, 'an empty array')
  return list.map((item) => {
    if (typeof item !== 'string') fail(`${name}: a string or an array of them`, typeof item)
    if (item === '') fail(`${name}: a string that is not empty`, 'an empty one')
    return item
  })
}

// Digests have equal lengths, so the comparison takes the same time for every guess.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function holdsOne(secrets: readonly Buffer[], credentials: string): boolean {
  const given = digest(credentials)
  let found = false
  for (const secret of secrets) found = timingSafeEqual(secret, given) || found
  return found
}

function credentialsIn(authorization: string): string {
  const space = authorization.indexOf(' ')
  if (space === -1) return ''
  const scheme = authorization.slice(0, space).toLowerCase()
  const content = authorization.slice(space + 1).trim()
  if (scheme === 'bearer') return `Bearer ${content}`
  if (scheme === 'basic') return `Basic ${Buffer.from(content, 'base64').toString()}`
  return ''
}

/** `Basic` credentials of any user, as if the password were the bearer token. */
function passwordAsToken(authorization: string): string {
  const basic = credentialsIn(authorization)
  const colon = basic.indexOf(':')
  return basic.startsWith('Basic ') && colon !== -1 ? `Bearer ${basic.slice(colon + 1)}` : ''
}

function blockListOf(name: string, networks: unknown): BlockList {
  if (!Array.isArray(networks)) fail(`${name}: an array of addresses`, typeof networks)
  if (networks.length === 0) fail(`${name}: at least one address`, 'an empty array')
  const list = new BlockList()
  for (const network of networks as readonly unknown[]) {
    const [address = '', prefix, ...rest] = String(network).split('/')
    const version = address.includes('%') ? 0 : isIP(address)
    const bits = version === 4 ? 32 : 128
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
    if (version === 0 || rest.length > 0 || length < 0 || length > bits) {
      fail(`${name}: addresses and networks such as 10.0.0.0/8 or ::1`, JSON.stringify(network))
    }
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

// BlockList compares IPv4-mapped addresses (::ffff:10.0.0.1), as dual-stack sockets have them, with
// IPv4 networks.
function contains(list: BlockList, address: string | undefined): boolean {
  if (address === undefined) return false
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}
