import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDatabase } from '../support/database/database.ts'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball } from './tarball.ts'

const neighbours = [
  '@prisma/orm-postgres',
  'pg',
  'prom-client',
  '@types/node',
  '@types/pg',
  'typescript',
]

/** The lines that the page shows, and work whose rows are known. */
const application = (imports: string, contract: string): string => `
${imports}
async function main() {
  const contractJson = JSON.parse(await readFile('contract.json', 'utf8'))
  const metrics = prismaMetrics()
  const pool = new Pool({ connectionString: process.env.DATABASE_URL })
  const db = metrics.instrument(
    postgres${contract}({ contractJson, pg: metrics.pool(pool), middleware: [metrics.middleware] }),
  )
  const server = createServer(exposeMetrics()).listen(0, '127.0.0.1')

  await db.transaction((tx) => tx.orm.public.Tag.create({ name: 'committed' }))
  await db
    .transaction(async (tx) => {
      await tx.orm.public.Tag.create({ name: 'rolled back' })
      throw new Error('no')
    })
    .catch(() => {})
  await db.transaction(async (tx) => {
    await tx.orm.public.Tag.create({ name: 'swallowed' })
    await tx.orm.public.Tag.create({ name: 'committed' }).catch(() => {})
  })

  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const scrape = await fetch('http://127.0.0.1:' + port + '/metrics')
  console.log(await scrape.text())
  server.close()
  server.closeAllConnections()
  await db.close()
  await pool.end()
}
void main()
`

const modules = {
  'node:http': '{ createServer }',
  'node:fs/promises': '{ readFile }',
  pg: '{ Pool }',
  'prisma-prometheus/prisma-8': '{ exposeMetrics, prismaMetrics }',
}
const imported = Object.entries(modules)
  .map(([name, names]) => `import ${names} from '${name}'`)
  .join('\n')
const required = Object.entries(modules)
  .map(([name, names]) => `const ${names} = require('${name}')`)
  .join('\n')

const programs = {
  'application.mjs': application(
    `import postgres from '@prisma/orm-postgres/runtime'\n${imported}`,
    '',
  ),
  'application.cjs': application(
    `const { default: postgres } = require('@prisma/orm-postgres/runtime')\n${required}`,
    '',
  ),
  'application.ts': application(
    `import postgres from '@prisma/orm-postgres/runtime'
import type { Contract } from './contract.d.ts'\n${imported}`,
    '<Contract>',
  ),
}

const compilerOptions = {
  target: 'es2023',
  lib: ['esnext'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  noEmit: true,
}

test('a project with Prisma 8 alone installs the package and serves its metrics', async () => {
  const tarball = await packTarball()
  const project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-prisma-8-'))
  try {
    const { devDependencies } = JSON.parse(
      await readFile(join(projectRoot, 'package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> }
    const manifest = { name: 'prisma-8-only', private: true, type: 'module' }
    await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
    const packages = neighbours.map((name) => `${name}@${devDependencies[name]}`)
    const quietly = [
      '--prefer-offline',
      '--ignore-scripts',
      '--strict-peer-deps',
      '--no-audit',
      '--no-fund',
    ]
    await run(project, 'npm', 'install', ...quietly, tarball.path, ...packages)
    await expect(run(project, 'npm', 'ls', '@prisma/client')).rejects.toThrow()
    for (const name of ['contract.json', 'contract.d.ts'])
      await cp(join(projectRoot, 'test/fixtures/prisma-8', name), join(project, name))
    const files = { ...programs, 'tsconfig.json': JSON.stringify({ compilerOptions }) }
    for (const [name, text] of Object.entries(files)) await writeFile(join(project, name), text)

    for (const program of ['application.mjs', 'application.cjs']) {
      await using database = await createDatabase('prisma_8')
      process.env['DATABASE_URL'] = database.url
      const body = await run(project, process.execPath, program)
      expect(body).toContain('prisma_model_inserts_total{client="default",model="Tag"} 1\n')
      expect(body).toContain(
        'prisma_rolled_back_rows_total{client="default",model="Tag",action="insert"} 2\n',
      )
    }
    const compiler = join(project, 'node_modules/typescript/bin/tsc')
    await run(project, process.execPath, compiler, '-p', 'tsconfig.json')
  } finally {
    delete process.env['DATABASE_URL']
    await rm(project, { recursive: true, force: true })
  }
}, 300_000)
