import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import { codedError } from '../../support/coded-error.ts'
import { isObject, readOptions } from '../../support/validate.ts'

/** Who may scrape. At least one of the fields; every kind that is given has to be satisfied. */
export interface AuthorizeRules {
  /** The token, or the tokens while one replaces another, of `Authorization: Bearer …`. */
  readonly bearer?: string | readonly string[]
  /** With `password`: the name of `Authorization: Basic …`. Beside `bearer`, either will do. */
  readonly username?: string
  /** The password, or the passwords while one replaces another. */
  readonly password?: string | readonly string[]
  /** Addresses and networks, such as `10.0.0.0/8` and `::1`, that the connection may come from. */
  readonly allow?: readonly string[]
  /**
   * Addresses and networks of proxies whose `X-Forwarded-For` is believed: the scraper is then the
   * last address of it that is none of theirs.
   * @default [] (the header is never read)
   */
  readonly trustedProxies?: readonly string[]
}

/** Decides on a request, as the host has it. Only `true` lets it in; a throw keeps it out. */
export type AuthorizeFunction<Request> = (request: Request) => boolean | Promise<boolean>

/** What is needed to know of a request. */
export interface Credentials {
  readonly authorization: string | undefined
  readonly forwardedFor: string | undefined
  /** The address of the other end of the connection. */
  readonly remoteAddress: string | undefined
}

export type Verdict =
  | { readonly status: 200 }
  | { readonly status: 401; readonly challenges: readonly string[] }
  | { readonly status: 403 }

/** @throws {TypeError} for rules that would let everybody in, or that cannot be understood. */
export function compileRules(given: AuthorizeRules): (credentials: Credentials) => Verdict {
  // The value stays out of the message: it may be the secret.
  if (!isObject(given)) fail('an object or a function', typeof given)
  const rules = readOptions('authorize', given, {
    bearer: true,
    username: true,
    password: true,
    allow: true,
    trustedProxies: true,
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
    secrets.push(...listOf('bearer', rules.bearer).map((token) => digest(`Bearer ${token}`)))
    challenges.push('Bearer realm="metrics"')
  }
  if (hasBasic) {
    const [username] = listOf('username', rules.username)
    if (username?.includes(':')) fail('username: a name without a colon', 'one with a colon')
    for (const password of listOf('password', rules.password)) {
      secrets.push(digest(`Basic ${username}:${password}`))
    }
    challenges.push('Basic realm="metrics", charset="UTF-8"')
  }
  const allowed = hasAllow ? blockListOf('allow', rules.allow) : undefined
  const proxies = blockListOf('trustedProxies', rules.trustedProxies ?? [])
  return (credentials) => {
    if (allowed !== undefined && !contains(allowed, addressOf(credentials, proxies))) {
      return { status: 403 }
    }
    if (secrets.length > 0 && !holdsOne(secrets, credentials.authorization)) {
      return { status: 401, challenges }
    }
    return { status: 200 }
  }
}

// The secret itself stays out of the message: errors end in logs.
function fail(expected: string, got: string): never {
  throw codedError(
    'PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    `prisma-prometheus: authorize: expected ${expected}, got ${got}`,
  )
}

function listOf(name: string, value: string | readonly string[] | undefined): readonly string[] {
  const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  if (list.length === 0) fail(`${name}: at least one`, 'an empty array')
  for (const item of list) {
    if (typeof item !== 'string') fail(`${name}: a string or an array of them`, typeof item)
    if (item === '') fail(`${name}: a string that is not empty`, 'an empty one')
  }
  return list as readonly string[]
}

// Equal digests of equal length: the comparison takes the same time whatever the guess.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function holdsOne(secrets: readonly Buffer[], authorization: string | undefined): boolean {
  const given = digest(credentialsIn(authorization ?? ''))
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

function blockListOf(name: string, networks: readonly string[] | undefined): BlockList {
  if (!Array.isArray(networks)) fail(`${name}: an array of addresses`, typeof networks)
  const list = new BlockList()
  for (const network of networks as readonly unknown[]) {
    const [address = '', prefix, ...rest] = String(network).split('/')
    const version = isIP(address)
    const bits = version === 4 ? 32 : 128
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
    if (version === 0 || rest.length > 0 || length < 0 || length > bits) {
      fail(`${name}: addresses and networks such as 10.0.0.0/8 or ::1`, JSON.stringify(network))
    }
    list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

// A dual-stack socket gives an IPv4 address as ::ffff:10.0.0.1, which the list takes for what it is.
function contains(list: BlockList, address: string | undefined): boolean {
  if (address === undefined) return false
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

function addressOf(
  { remoteAddress, forwardedFor }: Credentials,
  proxies: BlockList,
): string | undefined {
  let address = remoteAddress
  const hops = forwardedFor === undefined ? [] : forwardedFor.split(',')
  while (hops.length > 0 && contains(proxies, address)) address = hops.pop()?.trim()
  return address
}
