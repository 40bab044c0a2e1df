import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { checkEndpoint } from '../check/check-endpoint.ts'
import { longestTimer } from '../support/timer.ts'
import { authorizationOf } from './authorization.ts'
import { type Artefact, artefacts, generate } from './generate.ts'
import { reportText } from './report.ts'
import { formatOf, notesOn, prefixOf, settingsOf } from './settings.ts'
import { UsageError } from './usage-error.ts'
import { usage } from './usage.ts'

/** Where the command says something. */
export interface Output {
  out(text: string): void
  error(text: string): void
}

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  out: { type: 'string' },
  format: { type: 'string' },
  prefix: { type: 'string' },
  client: { type: 'string' },
  set: { type: 'string', multiple: true },
  expected: { type: 'string' },
  runbooks: { type: 'string' },
  token: { type: 'string' },
  'max-values': { type: 'string' },
  timeout: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** Runs the command, and gives its exit code; the usage text says what they mean. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    return await dispatch(args, output)
  } catch (error) {
    const { message } = error as Error
    const wrongUsage = error instanceof UsageError
    output.error(`prisma-prometheus: ${message}\n`)
    if (wrongUsage) output.error('prisma-prometheus --help says more.\n')
    return wrongUsage ? 2 : 3
  }
}

async function dispatch(args: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parse(args)
  if (values.version === true) {
    output.out(`${await version()}\n`)
    return 0
  }
  if (values.help === true) {
    output.out(usage)
    return 0
  }
  const [first] = positionals
  if (first === undefined) throw new UsageError('expected what to write, or check URL, got nothing')
  return first === 'check' ? check(positionals, values, output) : write(positionals, values, output)
}

type Values = ReturnType<typeof parse>['values']

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    // Node goes on with advice on positional arguments that begin with a dash: there are none here.
    const [said = ''] = (error as Error).message.split('. To specify')
    throw new UsageError(said, { cause: error })
  }
}

async function write(
  positionals: readonly string[],
  values: Values,
  output: Output,
): Promise<number> {
  const wanted = new Set(positionals.map(artefactOf))
  const { out = '' } = values
  if (out === '') throw new UsageError('--out: expected a folder, got nothing')
  const settings = settingsOf(values)
  for (const note of notesOn(settings)) output.error(`prisma-prometheus: note: ${note}\n`)
  const files = await generate(wanted, formatOf(values.format), settings)
  for (const { path, text } of files) {
    const file = join(out, path)
    // One after the other: they may need the same folder, and an error should name the first.
    // oxlint-disable-next-line no-await-in-loop
    await mkdir(dirname(file), { recursive: true })
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(file, text)
    output.out(`${file}\n`)
  }
  return 0
}

function artefactOf(word: string): Artefact {
  const artefact = artefacts.find((each) => each === word)
  if (artefact === undefined) {
    throw new UsageError(`expected ${artefacts.join(', ')} or check, got ${JSON.stringify(word)}`)
  }
  return artefact
}

async function check(
  [, address, ...rest]: readonly string[],
  values: Values,
  output: Output,
): Promise<number> {
  const url = urlOf(address)
  if (rest.length > 0)
    throw new UsageError(`check: expected one URL, got ${rest.join(' ')} besides`)
  const authorization = authorizationOf(url, values.token)
  // They are in the header now, and in nothing that is printed.
  url.username = ''
  url.password = ''
  const report = await checkEndpoint(url, {
    prefix: prefixOf(values.prefix),
    maxValues: numberOf('--max-values', values['max-values'], 100),
    timeoutSeconds: numberOf('--timeout', values.timeout, 10, longestTimer),
    ...(authorization === undefined ? {} : { authorization }),
  })
  output.out(reportText(report))
  return report.findings.some(({ level }) => level === 'error') ? 1 : 0
}

function urlOf(address: string | undefined): URL {
  const url = address !== undefined && URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `check: expected a URL such as http://localhost:3000/metrics, got ${address ?? 'nothing'}`,
    )
  }
  return url
}

function numberOf(
  option: string,
  text: string | undefined,
  otherwise: number,
  most: number = Number.MAX_VALUE,
): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!(value > 0 && value <= most)) {
    const limit = most === Number.MAX_VALUE ? '' : ` and at most ${most}`
    throw new UsageError(
      `${option}: expected a number greater than 0${limit}, got ${JSON.stringify(text)}`,
    )
  }
  return value
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
