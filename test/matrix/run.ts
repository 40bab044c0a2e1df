import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../package/project-root.ts'
import { run } from '../package/run.ts'
import { packTarball } from '../package/tarball.ts'
import { application } from './application.ts'
import {
  createPrisma8Project,
  runApplication,
  type Runtime,
  runTruth,
  startPrisma8Server,
} from './prisma-8.ts'

/**
 * Installs the packed package into throwaway projects with each supported version of its neighbours,
 * compiles an application there and runs it: `npm run test:matrix`. `-- --subset` takes the oldest
 * and the newest of each only. Prints its tables, and fails if a cell does. The whole matrix ends with
 * the tests that need `@prisma/adapter-better-sqlite3`, which npm compiles.
 */

interface PrismaRelease {
  readonly cli: string
  readonly client: string
}

interface Versions {
  readonly prisma: readonly PrismaRelease[]
  readonly node: readonly number[]
  readonly typescript: readonly string[]
}

const all: Versions = {
  prisma: [
    { cli: '7.0.0', client: '7.0.0' },
    { cli: '7.5.0', client: '7.5.0' },
    { cli: '7.10.1', client: '7.10.0' },
  ],
  node: [20, 22, 24, 26],
  typescript: ['5.4.5', '5.9.3', '6.0.3', '7.0.2'],
}

/** Other runtimes, with the parameters that run a program. */
const otherRuntimes = [
  { name: 'bun', version: '1.4.5', parameters: [] },
  { name: 'deno', version: '2.9.6', parameters: ['run', '--allow-all'] },
] as const

/** The newest release candidate of Prisma 8. */
const prisma8 = '8.0.0-rc.13'

/** The metrics libraries, and the oldest Node that each runs on. */
const libraries = [
  { name: 'prom-client', version: '15.1.3', node: 20 },
  { name: '@prometheus-io/client', version: '0.16.1', node: 22 },
] as const

const ends = <T>(list: readonly T[]): readonly T[] => [...new Set([list[0], list.at(-1)])] as T[]

const { values } = parseArgs({ options: { subset: { type: 'boolean', default: false } } })
const versions: Versions = values.subset
  ? { prisma: ends(all.prisma), node: ends(all.node), typescript: ends(all.typescript) }
  : all

const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
const failures: string[] = []

/** Runs one cell of the table, and keeps what it failed with for the end. */
async function cell(name: string, work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    failures.push(`${name}\n${error instanceof Error ? error.message : String(error)}`)
    return 'FAILED'
  }
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}

/** The runtimes, from npm; this process's own Node stands for its version. */
async function installRuntimes(folder: string): Promise<Map<number | string, string>> {
  const own = Number.parseInt(process.versions.node)
  const others = versions.node.filter((major) => major !== own)
  await mkdir(folder)
  await write(folder, { 'package.json': '{"private":true}' })
  const name = `node-${process.platform}-${process.arch}`
  const aliases = others.map((major) => `node-${major}@npm:${name}@${major}`)
  const alternatives = otherRuntimes.map((one) => `${one.name}@${one.version}`)
  await run(folder, 'npm', 'install', ...quietly, ...aliases, ...alternatives)
  const installed = (major: number): string =>
    join(folder, 'node_modules', `node-${major}`, 'bin', 'node')
  return new Map<number | string, string>([
    ...versions.node.map(
      (major) => [major, major === own ? process.execPath : installed(major)] as const,
    ),
    ...otherRuntimes.map(
      ({ name: other }) => [other, join(folder, 'node_modules/.bin', other)] as const,
    ),
  ])
}

async function createProject(
  folder: string,
  tarball: string,
  { cli, client }: PrismaRelease,
): Promise<void> {
  await mkdir(folder)
  const fixture = join(projectRoot, 'test/fixtures/sqlite')
  const schema = await readFile(join(fixture, 'schema.prisma'), 'utf8')
  await write(folder, {
    'package.json': JSON.stringify({ name: 'matrix', private: true, type: 'module' }),
    'application.ts': application,
    // So that TypeScript 5.4 finds the client's own files.
    'schema.prisma': schema.replace('"generated"', '"generated"\n  importFileExtension = "js"'),
  })
  await cp(join(fixture, 'schema.sql'), join(folder, 'schema.sql'))
  await run(
    folder,
    'npm',
    'install',
    ...quietly,
    tarball,
    `prisma@${cli}`,
    `@prisma/client@${client}`,
    `@prisma/adapter-libsql@${client}`,
    '@types/node@20',
    ...libraries.map(({ name, version }) => `${name}@${version}`),
    ...versions.typescript.map((version) => `typescript-${version}@npm:typescript@${version}`),
  )
  // The CLI would download an engine that `generate` never starts: any executable passes.
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath
  process.env['CHECKPOINT_DISABLE'] ??= '1'
  const prisma = join(folder, 'node_modules/prisma/build/index.js')
  await run(folder, process.execPath, prisma, 'generate', '--schema', 'schema.prisma')
}

/** Compiles the application; what the newest TypeScript makes is what the Nodes run. */
async function compile(folder: string, typescript: string): Promise<void> {
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    outDir: 'build',
    rootDir: '.',
  }
  await write(folder, {
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['application.ts'] }),
  })
  const compiler = join(folder, 'node_modules', `typescript-${typescript}`, 'bin/tsc')
  await run(folder, process.execPath, compiler, '-p', 'tsconfig.json')
}

/** A release of Prisma with everything: its row of the table, after the version. */
async function tryRelease(
  folder: string,
  tarball: string,
  binaries: ReadonlyMap<number | string, string>,
  prisma: PrismaRelease,
): Promise<string[]> {
  const project = join(folder, `prisma-${prisma.cli}`)
  const name = `Prisma ${prisma.cli}`
  const installed = await cell(`${name}: install and generate`, () =>
    createProject(project, tarball, prisma),
  )
  if (installed !== 'ok') return heads.map(() => installed)
  const row: string[] = []
  for (const version of versions.typescript) {
    row.push(await cell(`${name}, TypeScript ${version}`, () => compile(project, version)))
  }
  for (const { library, major } of runtimes) {
    const url = `file:${join(project, `${library.replaceAll('/', '-')}-${major}.db`)}`
    row.push(
      await cell(`${name}, Node ${major}, ${library}`, () =>
        run(project, binaries.get(major) as string, 'build/application.js', library, url),
      ),
    )
  }
  for (const { name: runtime, parameters } of otherRuntimes) {
    // The libSQL client of Prisma 7.0 has no build for Deno that opens files.
    if (runtime === 'deno' && prisma.client === '7.0.0') {
      row.push('no driver')
      continue
    }
    const url = `file:${join(project, `${runtime}.db`)}`
    const program = [...parameters, 'build/application.js', 'prom-client', url]
    row.push(
      await cell(`${name}, ${runtime}`, () =>
        run(project, binaries.get(runtime) as string, ...program),
      ),
    )
  }
  return row
}

/** SQLite through better-sqlite3: the project's own tests, with the adapter from a folder of its own. */
async function tryBetterSqlite3(folder: string): Promise<void> {
  await mkdir(folder)
  await write(folder, { 'package.json': '{"private":true}' })
  const adapter = `@prisma/adapter-better-sqlite3@${all.prisma.at(-1)?.client}`
  await run(folder, 'npm', 'install', ...quietly, adapter)
  process.env['BETTER_SQLITE3'] = folder
  const files = ['test/prisma/databases/contention', 'test/prisma/databases/sqlite-truth']
  const only = ['--project', 'integration', '--testNamePattern', 'better-sqlite3']
  await run(projectRoot, 'vitest', 'run', ...only, ...files)
}

/** The newest release candidate of Prisma 8, in each runtime: the packed package, and the random program. */
async function tryPrisma8(
  folder: string,
  tarball: string,
  binaries: ReadonlyMap<number | string, string>,
): Promise<string[][]> {
  const project = join(folder, 'project')
  const name = `Prisma ${prisma8}`
  const installed = await cell(`${name}: install, emit and compile`, () =>
    createPrisma8Project(project, tarball, prisma8),
  )
  const everywhere = [...binaries].map(([key, program]): Runtime => {
    const other = otherRuntimes.find((runtime) => runtime.name === key)
    return {
      name: typeof key === 'number' ? `Node ${key}` : key,
      command: [program, ...(other?.parameters ?? [])],
      typescript: other !== undefined,
    }
  })
  await using server = await startPrisma8Server()
  const rows = []
  for (const runtime of everywhere) {
    const packed =
      installed === 'ok'
        ? await cell(`${name}, ${runtime.name}`, () =>
            server.withDatabase('template1', () => runApplication(project, runtime)),
          )
        : installed
    const truth = await cell(`${name}, ${runtime.name}: random program`, () =>
      server.withDatabase('prisma_8', () => runTruth(runtime, 1)),
    )
    rows.push([runtime.name, packed, truth])
  }
  return rows
}

const runtimes = libraries.flatMap(({ name: library, node }) =>
  versions.node.filter((major) => major >= node).map((major) => ({ library, major })),
)
const heads = [
  ...versions.typescript.map((version) => `TypeScript ${version}`),
  ...runtimes.map(({ library, major }) => `Node ${major}, ${library}`),
  ...otherRuntimes.map(({ name, version }) => `${name} ${version}, prom-client`),
]

const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-matrix-'))
process.once('SIGINT', () => process.exit(130))
try {
  const tarball = await packTarball()
  const binaries = await installRuntimes(join(folder, 'runtimes'))
  const rows = await Promise.all(
    versions.prisma.map(async (prisma) => [
      prisma.cli,
      ...(await tryRelease(folder, tarball.path, binaries, prisma)),
    ]),
  )
  const table = [['Prisma', ...heads], ['---', ...heads.map(() => '---')], ...rows]
  console.log(table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
  const eight = await tryPrisma8(join(folder, 'prisma-8'), tarball.path, binaries)
  const prisma8Table = [
    [`Prisma ${prisma8}`, 'application', 'random program'],
    ['---', '---', '---'],
  ]
  console.log([...prisma8Table, ...eight].map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
  if (!values.subset) {
    const name = 'SQLite through better-sqlite3'
    console.log(`${name}: ${await cell(name, () => tryBetterSqlite3(join(folder, 'sqlite')))}`)
  }
  for (const failure of failures) console.error(`\n${failure}`)
  if (failures.length > 0) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
