import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { projectRoot } from '../package/project-root.ts'
import { run } from '../package/run.ts'
import { createTemplates, databaseUrl, execute } from '../support/database/templates.ts'
import { emitContract, prisma8Application, prisma8Contract } from './prisma-8-application.ts'

const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']

/** A program that runs JavaScript, with the arguments that come before those of a script. */
export interface Runtime {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** True if it runs TypeScript. */
  readonly typescript: boolean
}

/** Installs a release of Prisma 8 beside the packed package, emits a contract and compiles the application. */
export async function createPrisma8Project(
  folder: string,
  tarball: string,
  release: string,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const { devDependencies } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  ) as { devDependencies: Record<string, string> }
  const compilerOptions = {
    target: 'es2023',
    // Prisma's types use Temporal.
    lib: ['esnext'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    outDir: 'build',
    rootDir: '.',
    rewriteRelativeImportExtensions: true,
  }
  const files = {
    'package.json': JSON.stringify({ name: 'matrix', private: true, type: 'module' }),
    'contract.prisma': prisma8Contract,
    'emit.js': emitContract,
    'application.ts': prisma8Application,
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['application.ts'] }),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const neighbours = ['pg', 'prom-client', 'typescript', '@types/pg', '@types/node']
  await run(
    folder,
    'npm',
    'install',
    ...quietly,
    tarball,
    `@prisma/orm-postgres@${release}`,
    `@prisma/orm-toolchain@${release}`,
    ...neighbours.map((name) => `${name}@${devDependencies[name]}`),
  )
  await run(folder, process.execPath, 'emit.js')
  await run(folder, process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json')
}

/** A Postgres with the audited databases of the tests. */
export interface Prisma8Server extends AsyncDisposable {
  /** Calls `work` with `DATABASE_URL` set to a database of its own, empty or audited. */
  withDatabase<T>(template: 'template1' | 'prisma_8', work: () => Promise<T>): Promise<T>
}

export async function startPrisma8Server(): Promise<Prisma8Server> {
  const server = await startEmbeddedPostgres({ fsync: 'off', max_connections: 200 })
  await createTemplates(server.url)
  let databases = 0
  return {
    async withDatabase(template, work) {
      const name = `matrix_${(databases += 1)}`
      await execute(server.url, `CREATE DATABASE ${name} TEMPLATE ${template}`)
      process.env['DATABASE_URL'] = databaseUrl(server.url, name)
      return await work()
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Runs the compiled application of a project. */
export function runApplication(project: string, { command }: Runtime): Promise<string> {
  const [program, ...parameters] = command
  return run(project, program, ...parameters, 'build/application.js')
}

/** Runs the random program of `test/prisma-8/truth`, from the sources. */
export function runTruth({ command, typescript }: Runtime, seed: number): Promise<string> {
  const [program, ...parameters] = command
  const loader = typescript ? [] : ['--import', 'tsx']
  const script = 'test/prisma-8/truth/main.ts'
  return run(projectRoot, program, ...parameters, ...loader, script, String(seed))
}
