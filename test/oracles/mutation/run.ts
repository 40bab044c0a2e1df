import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { equivalents } from './equivalents.ts'
import { type MutatedModule, mutatedModules } from './modules.ts'

/**
 * `npm run mutation -- [module…]`: mutates the modules that count rows, one after the other, and prints
 * how many mutants their unit tests kill. Results of unchanged code are kept for the next run.
 */
const stryker = 'node_modules/.bin/stryker'
const reports = 'reports/mutation'

interface Mutant {
  readonly mutatorName: string
  readonly replacement: string
  readonly status: string
  readonly location: { readonly start: Position; readonly end: Position }
}
interface Position {
  readonly line: number
  readonly column: number
}
interface Report {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>
  >
  readonly testFiles?: Readonly<Record<string, unknown>>
}

function configOf({ name, files }: MutatedModule): string {
  const config = {
    plugins: ['@stryker-mutator/vitest-runner'],
    testRunner: 'vitest',
    vitest: { configFile: 'test/oracles/mutation/vitest.config.ts', related: false },
    mutate: files,
    ignorePatterns: ['/bench', '/docs', '/drill', '/monitoring', '/test/docs/generated'],
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: join(reports, `${name}.incremental.json`),
    timeoutMS: Number(process.env['MUTATION_TIMEOUT_MS'] ?? 10_000),
    concurrency: Number(process.env['MUTATION_CONCURRENCY'] ?? 2),
    // Stryker rewrites it with an API that TypeScript 7 does not have; vitest needs no such file.
    tsconfigFile: 'none.json',
    checkers: [],
    reporters: ['json'],
    jsonReporter: { fileName: reportOf(name) },
    allowConsoleColors: false,
  }
  const file = join(reports, `${name}.config.json`)
  writeFileSync(file, JSON.stringify(config, undefined, 2))
  return file
}

const reportOf = (name: string): string => join(reports, `${name}.json`)

/** A mutant as `equivalents` lists it: file, the line of the source, and what replaces a part of it. */
function describe(file: string, source: string, { location, replacement }: Mutant): string {
  const line = source.split('\n')[location.start.line - 1] ?? ''
  return `${file}: ${line.trim()} ⇒ ${replacement.replaceAll(/\s+/gu, ' ')} (column ${location.start.column})`
}

function run(mutated: MutatedModule): string[] {
  const { status } = spawnSync(stryker, ['run', configOf(mutated)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MUTATION_TESTS: mutated.tests.join(',') },
  })
  if (status !== 0) throw new Error(`${mutated.name}: expected exit code 0, got ${status}`)
  const { files, testFiles = {} } = JSON.parse(
    readFileSync(reportOf(mutated.name), 'utf8'),
  ) as Report
  // Stryker does not report a test file that fails before its first test.
  for (const pattern of mutated.tests) {
    const [folder = ''] = pattern.split('*')
    const ran = Object.keys(testFiles).some((file) => file.includes(folder))
    if (!ran) throw new Error(`${mutated.name}: expected tests of ${pattern} to run, none did`)
  }
  const survivors: string[] = []
  let killed = 0
  let equivalent = 0
  for (const [file, { source, mutants }] of Object.entries(files)) {
    for (const mutant of mutants) {
      if (mutant.status === 'Killed' || mutant.status === 'Timeout') killed += 1
      else if (mutant.status === 'Survived' || mutant.status === 'NoCoverage') {
        const described = describe(file, source, mutant)
        if (equivalents.has(described)) equivalent += 1
        else survivors.push(`${mutant.status}: ${described}`)
      }
    }
  }
  const tried = killed + survivors.length
  const score = ((100 * killed) / tried).toFixed(1)
  console.log(
    `| ${mutated.name} | ${tried} | ${killed} | ${equivalent} | ${survivors.length} | ${score} % |`,
  )
  return survivors
}

if (!existsSync(stryker)) {
  console.error(
    'mutation: install Stryker first: npm install --no-save @stryker-mutator/core@9.5.1 @stryker-mutator/vitest-runner@9.5.1',
  )
  process.exit(2)
}
mkdirSync(reports, { recursive: true })
const names = process.argv.slice(2)
console.log('| module | mutants | killed | equivalent | survived | score |')
console.log('| --- | --: | --: | --: | --: | --: |')
for (const mutated of mutatedModules) {
  if (names.length > 0 && !names.includes(mutated.name)) continue
  for (const survivor of run(mutated)) console.log(`  ${survivor}`)
}
