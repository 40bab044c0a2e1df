// Generates the Prisma client of every schema here, the test fixtures' included.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js')
const fixtures = join('test', 'fixtures')

const schemas = [
  'prisma',
  ...readdirSync(join(root, fixtures)).map((fixture) => join(fixtures, fixture)),
]
  .map((folder) => join(folder, 'schema.prisma'))
  .filter((schema) => existsSync(join(root, schema)))

for (const schema of schemas) {
  const run = spawnSync(process.execPath, [prisma, 'generate', '--schema', schema, '--no-hints'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      // The CLI would download a schema engine that `generate` never starts: any executable passes.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      ...process.env,
    },
  })
  if (run.status !== 0) {
    console.error(`${run.stdout ?? ''}${run.stderr ?? run.error}`)
    console.error(`generate: expected the client of ${schema}, got exit code ${run.status}`)
    process.exit(1)
  }
}
