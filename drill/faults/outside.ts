import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

export async function execute(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Another process opens connections until the server refuses, and takes each that becomes free. */
export async function takeConnections(url: string): Promise<AsyncDisposable> {
  const end = new AbortController()
  const clients = new Set<Client>()
  const take = async (): Promise<boolean> => {
    const client = new Client({ connectionString: url })
    client.on('error', () => clients.delete(client))
    try {
      await client.connect()
      clients.add(client)
      return true
    } catch {
      return false
    }
  }
  const taking = (async () => {
    while (!end.signal.aborted) {
      if (!(await take())) await sleep(2)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await taking
      await Promise.allSettled([...clients].map((client) => client.end()))
    },
  }
}

/** Crashes the server every 20 s: it ends all connections, recovers and accepts new ones. */
export async function restartRepeatedly(url: string): Promise<AsyncDisposable> {
  const end = new AbortController()
  const restarting = (async () => {
    while (!end.signal.aborted) {
      await crash(url).catch(() => undefined)
      await sleep(20_000, undefined, { signal: end.signal }).catch(() => undefined)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await restarting
    },
  }
}

async function crash(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  // Postgres restarts all of its processes if one of them is killed.
  process.kill(rows[0]?.pid ?? 0, 'SIGKILL')
  await client.end().catch(() => undefined)
}

export const failedMigration = '20990101000000_rename_title'

/** A migration renames a column, and fails at its second statement. */
export async function migrateHalfWay(url: string): Promise<AsyncDisposable> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, logs)
     VALUES ($1, '', $2, 'relation "Headline" does not exist')`,
    [randomUUID(), failedMigration],
  )
  await client.query('ALTER TABLE "Alert" RENAME COLUMN title TO headline')
  await client.end()
  return { async [Symbol.asyncDispose]() {} }
}

/** The table grows by 100, and its index is dropped. */
export async function loseIndex(url: string, table: keyof typeof growth): Promise<AsyncDisposable> {
  await execute(url, ...growth[table])
  return { async [Symbol.asyncDispose]() {} }
}

const growth = {
  DriftEvent: [
    'DROP INDEX "DriftEvent_dataSourceId_detectedAt_idx"',
    `INSERT INTO "DriftEvent" ("dataSourceId", kind, score, "detectedAt")
     SELECT "dataSourceId", kind, score, "detectedAt" - i * interval '1 day'
     FROM (SELECT * FROM "DriftEvent" WHERE "column" IS NULL) AS event, generate_series(1, 100) AS i`,
    'ANALYZE "DriftEvent"',
  ],
  Alert: [
    'DROP INDEX "Alert_workspaceId_status_idx"',
    `INSERT INTO "Alert" (id, "workspaceId", title, severity, status, value, "updatedAt")
     SELECT gen_random_uuid(), "workspaceId", title, severity, 'OPEN', value, now()
     FROM "Alert", generate_series(1, 100)`,
    'ANALYZE "Alert"',
  ],
}
