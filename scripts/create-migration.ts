// npm run migration -- NAME: writes the migration from the committed prisma/schema.prisma to the
// edited one, as `prisma migrate dev --create-only` does where its engine can be downloaded.
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { connectSchemaEngine, migrationSql } from './schema-engine.ts'

const [name] = process.argv.slice(2)
if (name === undefined) throw new Error('create-migration: expected a name, got none')

await using postgres = await startEmbeddedPostgres()
const engine = await connectSchemaEngine(postgres.url)
const sql = await migrationSql(engine, {
  from: execFileSync('git', ['show', 'HEAD:prisma/schema.prisma'], { encoding: 'utf8' }),
  to: await readFile('prisma/schema.prisma', 'utf8'),
})
const timestamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
const folder = `prisma/migrations/${timestamp}_${name}`
await mkdir(folder)
await writeFile(`${folder}/migration.sql`, sql)
console.log(folder)
