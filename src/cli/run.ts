import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { checkEndpoint } from '../check/check-endpoint.ts'
import { findingCodes } from '../check/finding.ts'
import { omittedAlerts } from '../monitoring/alert-rules.ts'
import { longestTimer } from '../support/timer.ts'
import { authorizationOf } from './authorization.ts'
import { type Artefact, artefacts, generate } from './generate.ts'
import { redacted } from './redacted.ts'
import { reportText } from './report.ts'
import { formatOf, prefixOf, settingsOf } from './settings.ts'
import { notesOn } from './thresholds.ts'
import { UsageError } from './usage-error.ts'
import { helpOn, usage } from './usage.ts'

/** The output streams of the command. */
export interface Output {
  out(text: string): void
  error(text: string): void
}

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  ignore: { type: 'string', multiple: true },
  out: { type: 'string' },
  format: { type: 'string' },
  prefix: { type: 'string' },
  detail: { type: 'string' },
  client: { type: 'string' },
  set: { type: 'string', multiple: true },
  expected: { type: 'string' },
  runbooks: { type: 'string' },
  grafana: { type: 'string' },
  histograms: { type: 'string' },
  example: { type: 'boolean' },
  token: { type: 'string' },
  'max-values': { type: 'string' },
  timeout: { type: 'string' },
  budget: { type: 'string' },
  pods: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

/** Runs the command and returns its exit code; the usage text explains them. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    return await dispatch(args, output)
  } catch (error) {
    const { message } = error as Error
    const wrongUsage = error instanceof UsageError
    output.error(`prisma-prometheus: ${redacted(message)}\n`)
    if (wrongUsage) output.error('Run prisma-prometheus --help for the usage.\n')
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
  if (first === 'help') {
    output.out(helpOn(positionals[1]))
    return 0
  }
  return first === 'check' ? check(positionals, values, output) : write(positionals, values, output)
}

type Values = ReturnType<typeof parse>['values']

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    // Node adds advice on positional arguments that begin with a dash, which no command accepts.
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
  if (out === '') throw new UsageError('--out: expected a folder, or - to print, got nothing')
  const settings = settingsOf(values)
  for (const note of notesOn(settings.thresholds))
    output.error(`prisma-prometheus: note: ${note}\n`)
  if (wanted.has('alerts')) {
    for (const { alert, reason } of omittedAlerts(settings))
      output.error(
        `prisma-prometheus: note: ${alert} is omitted: ${reason} with --detail ${settings.detail}\n`,
      )
  }
  const files = await generate(wanted, formatOf(values.format), settings, {
    example: values.example === true,
  })
  for (const { path, text } of files) {
    if (out === '-') {
      // Rules and a page cannot share one stream.
      if (!path.endsWith('.html')) output.out(text)
      continue
    }
    const file = join(out, path)
    // Sequentially: files share folders, and an error must name the first file.
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
    throw new UsageError(`check: expected one URL, got ${rest.length} more arguments`)
  const ignored = ignoredOf(values.ignore ?? [])
  const authorization = authorizationOf(url, values.token)
  const budget = budgetOf(values)
  // The credentials are in the header now.
  url.username = ''
  url.password = ''
  const report = await checkEndpoint(url, {
    prefix: prefixOf(values.prefix),
    maxValues: numberOf('--max-values', values['max-values'], 100),
    timeoutSeconds: numberOf('--timeout', values.timeout, 10, longestTimer),
    ...(authorization === undefined ? {} : { authorization }),
    ...(budget === undefined ? {} : { budget }),
  })
  const findings = report.findings.filter(({ code }) => !ignored.has(code))
  const shown = { ...report, address: redacted(report.address), findings }
  output.out(values.json === true ? `${JSON.stringify(shown, undefined, 2)}\n` : reportText(shown))
  return findings.some(({ level }) => level === 'error') ? 1 : 0
}

function ignoredOf(codes: readonly string[]): ReadonlySet<string> {
  const unknown = codes.find((code) => !findingCodes.some((known) => known === code))
  if (unknown !== undefined) {
    throw new UsageError(`--ignore: expected one of ${findingCodes.join(', ')}, got ${unknown}`)
  }
  return new Set(codes)
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

function budgetOf({ budget, pods }: Values): { budget: number; pods: number } | undefined {
  if (budget === undefined) {
    if (pods === undefined) return undefined
    throw new UsageError('--pods: expected --budget N too, got only the number of pods')
  }
  return { budget: countOf('--budget', budget), pods: countOf('--pods', pods ?? '1') }
}

function countOf(option: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new UsageError(
    `${option}: expected a whole number of at least 1, got ${JSON.stringify(text)}`,
  )
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
