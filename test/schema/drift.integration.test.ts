import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { connectSchemaEngine, migrationSql } from '../../scripts/schema-engine.ts'
import { createDatabase } from '../support/database/database.ts'
import { describeSchema } from './catalogue.ts'

test.each([
  { template: 'monitoring', schema: '../../prisma/schema.prisma' },
  { template: 'multi_schema', schema: '../fixtures/multi-schema/schema.prisma' },
] as const)(
  'the migrations of $template lead to its schema.prisma',
  async ({ template, schema }) => {
    await using migrated = await createDatabase(template)
    await using wanted = await createDatabase('template1')
    const engine = await connectSchemaEngine(wanted.url)
    const to = await readFile(new URL(schema, import.meta.url), 'utf8')

    await wanted.query(await migrationSql(engine, { to }))

    expect(await describeSchema(migrated)).toEqual(await describeSchema(wanted))
  },
)
