import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDatabase } from '../support/database/database.ts'
import { projectRoot } from './project-root.ts'
import { run } from './run.ts'
import { packTarball } from './tarball.ts'

const neighbours = ['@prisma/orm-postgres', 'pg', 'prom-client', '@types/pg']

const application = `
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { Pool } from 'pg'
import postgres from '@prisma/orm-postgres/runtime'
import { exposeMetrics, prismaMetrics } from 'prisma-prometheus/prisma-8'

const contractJson = JSON.parse(await readFile('contract.json', 'utf8'))
const metrics = prismaMetrics()
const pool = new Pool({ connectionString: process.env.DATABASE_URL })
const db = metrics.instrument(
  postgres({ contractJson, pg: metrics.pool(pool), middleware: [metrics.middleware] }),
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

const scrape = await fetch('http://127.0.0.1:' + server.address().port + '/metrics')
console.log(await scrape.text())
server.close()
server.closeAllConnections()
await db.close()
await pool.end()
`

test('a project with Prisma 8 alone installs the package and serves its metrics', async () => {
  await using tarball = await packTarball()
  await using database = await createDatabase('prisma_8')
  const project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-prisma-8-'))
  try {
    const { devDependencies } = JSON.parse(
      await readFile(join(projectRoot, 'package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> }
    const manifest = { name: 'prisma-8-only', private: true, type: 'module' }
    await writeFile(join(project, 'package.json'), JSON.stringify(manifest))
    const packages = neighbours.map((name) => `${name}@${devDependencies[name]}`)
    const quietly = ['--prefer-offline', '--strict-peer-deps', '--no-audit', '--no-fund']
    await run(project, 'npm', 'install', ...quietly, tarball.path, ...packages)
    await expect(run(project, 'npm', 'ls', '@prisma/client')).rejects.toThrow()
    await cp(
      join(projectRoot, 'test/fixtures/prisma-8/contract.json'),
      join(project, 'contract.json'),
    )
    await writeFile(join(project, 'application.js'), application)
    process.env['DATABASE_URL'] = database.url
    const body = await run(project, process.execPath, 'application.js')
    expect(body).toContain('prisma_model_inserts_total{client="default",model="Tag"} 1\n')
    expect(body).toContain(
      'prisma_rolled_back_rows_total{client="default",model="Tag",action="insert"} 2\n',
    )
  } finally {
    delete process.env['DATABASE_URL']
    await rm(project, { recursive: true, force: true })
  }
}, 300_000)
