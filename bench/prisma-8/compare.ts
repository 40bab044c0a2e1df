import { readFile } from 'node:fs/promises'
import type { PoolConfig } from 'pg'
import { startEmbeddedPostgres } from '../../example/database/embedded-postgres.ts'
import { cpuMilliseconds, interleave, median, pairedDifference, type Rounds } from '../rounds.ts'
import { signed, table } from '../table.ts'
import { InstantClient } from './instant-client.ts'
import { makeVariants } from './variants.ts'

const schema = 'test/fixtures/prisma-8/migrations/20260112093000_init/migration.sql'

/** Prints what instrumenting Prisma 8 costs, in CPU time of this process, beside a ten-line middleware. */
export async function comparePrisma8(quick: boolean): Promise<void> {
  const instant = { rounds: quick ? 30 : 200, operations: 200, warmUp: 4000 }
  await compare('Over a connection that answers at once', { Client: InstantClient }, instant)
  await using server = await startEmbeddedPostgres()
  const connection = { connectionString: server.url }
  const [{ pool }] = makeVariants(connection)
  await pool.query(await readFile(schema, 'utf8'))
  await pool.query(`INSERT INTO "Tag" (name) VALUES ('urgent')`)
  await pool.end()
  const rounds = { rounds: quick ? 60 : 400, operations: 20, warmUp: 2000 }
  await compare('Over Postgres', connection, rounds)
}

async function compare(title: string, config: PoolConfig, rounds: Rounds): Promise<void> {
  const variants = makeVariants(config)
  const tasks = new Map(
    variants.map(({ name, client }) => [
      name,
      () => client.orm.public.Tag.where({ id: 1 }).first(),
    ]),
  )
  const figures = await interleave(tasks, { ...rounds, clock: cpuMilliseconds })
  const [bare = [], , tenLines = []] = figures.values()
  const added = pairedDifference(tenLines, bare)
  const rows = [...figures].map(([name, each]) => [
    name,
    median(each).toFixed(1),
    signed(pairedDifference(each, bare)),
    (pairedDifference(each, bare) / added).toFixed(2),
  ])
  console.log(`## ${title}\n`)
  console.log(
    table(
      ['variant', 'µs of CPU an operation', '+ µs over the bare client', 'ratio to the ten lines'],
      rows,
    ),
  )
  console.log(
    `\n${rounds.rounds} interleaved rounds of ${rounds.operations} \`first\`; medians, differences paired within a round.\n`,
  )
  for (const { client, pool } of variants) {
    await client.close()
    await pool.end()
  }
}
