import { setMaxListeners } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client as PostgresClient } from 'pg'
import { applyMigrations } from '../../../example/database/apply-migrations.ts'
import type { Metrics, Prisma } from '../../../example/prisma.ts'
import type { Client } from './watched-application.ts'

interface Clients {
  /** The example's client. */
  readonly shop: { readonly prisma: Prisma; readonly metrics: Metrics }
  /** A client with two connections. */
  readonly batch: Client
  /** A client of conflicting transactions. */
  readonly locking: Client
  /** A client of a missing schema. */
  readonly broken: Client
  /** A client whose `maxSeries` is small. */
  readonly crowded: Client
  /** A client whose pool cannot be instrumented. */
  readonly reconnecting: Client
  /** A client that closes its pool after each query. */
  readonly churning: Client
}

/** A migration that fails half way, and one that is not applied. */
export async function breakMigrations(url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-migrations-'))
  const failing = join(folder, '20990101000000_failing')
  await mkdir(failing)
  await writeFile(join(failing, 'migration.sql'), 'ALTER TABLE nothing ADD COLUMN more integer')
  await applyMigrations(url, folder).catch(() => undefined)
  await rm(folder, { recursive: true })

  const database = new PostgresClient({ connectionString: url })
  await database.connect()
  await database.query(`DELETE FROM _prisma_migrations WHERE migration_name LIKE '%_job_runs'`)
  await database.end()
}

const nPlusOnePath = '/fault/n-plus-one'
const failingPath = '/fault/failing'

export function faultRoute({ url }: IncomingMessage): string | undefined {
  return url === nPlusOnePath || url === failingPath ? url : undefined
}

/** Serves a route with an N+1 loop and one that fails. @returns whether the request was for them */
export function handleFault(
  prisma: Prisma,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const route = faultRoute(request)
  if (route === undefined) return false
  if (route === failingPath) {
    response.writeHead(500).end()
    return true
  }
  void repeatLookup(prisma).finally(() => response.end())
  return true
}

async function repeatLookup(prisma: Prisma): Promise<void> {
  for (let index = 0; index < 12; index++) {
    await prisma.alert.findFirst({ where: { value: index } }).catch(() => undefined)
  }
}

export interface Faults {
  [Symbol.asyncDispose](): Promise<void>
}

/** Causes the faults that the alerts detect, repeatedly. */
export function startFaults(clients: Clients, url: string): Faults {
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const loops = faults(clients, url).map(async ({ everySeconds, run, after = 0 }) => {
    await pause(after, end.signal)
    while (!end.signal.aborted) {
      await run().catch(() => undefined)
      await pause(everySeconds, end.signal)
    }
  })
  return {
    async [Symbol.asyncDispose]() {
      end.abort()
      await Promise.all(loops)
    },
  }
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined)
}

interface Fault {
  readonly everySeconds: number
  /** Seconds from the start. */
  readonly after?: number
  run(): Promise<unknown>
}

function faults(clients: Clients, url: string): Fault[] {
  const { shop, batch, locking, broken, crowded, reconnecting, churning } = clients
  const { prisma, metrics } = shop
  let name = 0
  const tag = () => ({ data: { name: `fault-${process.pid}-${name++}` } })

  metrics.on('Tag', 'create', () => {
    throw new Error('the handler fails')
  })
  let readings = 0
  metrics.gauge({
    name: 'monitoring_oldest_alert_seconds',
    help: 'Its query fails from the third time on.',
    refreshSeconds: 1,
    read: async () => {
      if (++readings < 3) return 1
      throw new Error('the query fails')
    },
  })
  let reported = false
  const start = performance.now()

  return [
    { everySeconds: 0.3, run: () => fetch(url + nPlusOnePath).then((r) => r.text()) },
    { everySeconds: 0.3, run: () => fetch(url + failingPath).then((r) => r.text()) },
    // A job blocks the event loop, and connections are closed after one query.
    { everySeconds: 0.5, run: () => metrics.scope('thumbnails', async () => block(60)) },
    {
      everySeconds: 0.5,
      run: async () => {
        await churning.prisma.tag.count()
        await churning.prisma.$disconnect()
      },
    },
    // Transactions that are idle, and that are rolled back after a long time.
    {
      everySeconds: 0,
      run: () => metrics.scope('idle-import', () => idle(prisma)),
    },
    { everySeconds: 1, run: () => late(prisma) },
    // A job that stops working after twenty seconds. It then runs less often, so that most of its runs of
    // the time before did work until the alert has been evaluated.
    {
      everySeconds: 0.2,
      run: async () => {
        const works = performance.now() - start < 20_000
        await metrics.scope('forgetful', async () => void (works && (await prisma.alert.count())))
        if (!works) await sleep(800)
      },
    },
    // Handlers fail, and four of five transactions are rolled back.
    { everySeconds: 1, run: () => prisma.tag.create(tag()) },
    { everySeconds: 0.2, run: () => undone(prisma, tag) },
    { everySeconds: 0.5, run: () => nested(prisma, tag) },
    // Errors of the database, slow SQL, mistakes in the code.
    { everySeconds: 0.2, run: async () => prisma.$queryRaw`SELECT nothing` },
    { everySeconds: 0.3, run: async () => prisma.$queryRaw`SELECT pg_sleep(0.3)::text` },
    { everySeconds: 1, run: async () => prisma.alert.create({ data: {} as never }) },
    { everySeconds: 0.3, run: () => deadlock(locking.prisma) },
    {
      everySeconds: 1,
      run: async () => {
        await reconnecting.prisma.$disconnect()
        await reconnecting.prisma.tag.count()
      },
    },
    // Bulk deletes and inserts.
    { everySeconds: 2, run: () => largeResult(prisma) },
    { everySeconds: 0.2, after: 25, run: () => flood(prisma) },
    // Two connections, six callers that hold them.
    ...Array.from({ length: 6 }, () => ({ everySeconds: 0, run: () => hold(batch.prisma) })),
    // A job that succeeds once and never runs again, and one of the example's that always fails.
    {
      everySeconds: 0.5,
      run: async () => {
        if (reported) return
        await metrics.scope('nightly-report', async () => prisma.alert.count())
        reported = true
      },
    },
    {
      everySeconds: 0.5,
      run: () => fetch(`${url}/jobs/sync-catalog/runs`, { method: 'POST' }).then((r) => r.text()),
    },
    // Missing tables, and more models than `maxSeries` allows.
    { everySeconds: 0.5, run: async () => broken.prisma.tag.count() },
    { everySeconds: 0.5, run: async () => crowded.prisma.tag.count() },
    { everySeconds: 0.5, run: async () => crowded.prisma.alert.count() },
    { everySeconds: 0.5, run: async () => crowded.prisma.jobRun.count() },
  ]
}

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

function idle(prisma: Prisma): Promise<unknown> {
  return prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await sleep(400)
  })
}

function late(prisma: Prisma): Promise<unknown> {
  return prisma.$transaction(async (tx) => {
    await tx.tag.count()
    await sleep(300)
    throw new Error('changed its mind too late')
  })
}

type NewTag = () => { data: { name: string } }

function undone(prisma: Prisma, tag: NewTag): Promise<unknown> {
  return prisma.$transaction(async (tx) => {
    await tx.tag.create(tag())
    throw new Error('changed its mind')
  })
}

function nested(prisma: Prisma, tag: NewTag): Promise<unknown> {
  return prisma.$transaction(async (tx) => {
    await tx.$transaction((inner) => inner.tag.create(tag()))
    await tx
      .$transaction(async (inner) => {
        await inner.tag.create(tag())
        throw new Error('changed its mind')
      })
      .catch(() => undefined)
  })
}

/** Two transactions that lock two rows in opposite order. */
async function deadlock(prisma: Client['prisma']): Promise<void> {
  const [first, second] = await prisma.workspace.findMany({ take: 2, orderBy: { id: 'asc' } })
  if (first === undefined || second === undefined) return
  const data = { updatedAt: new Date() }
  let holding = 0
  let tell = (): void => undefined
  const bothHold = new Promise<void>((resolve) => {
    tell = resolve
  })
  const lock = (held: number, wanted: number): Promise<unknown> =>
    prisma.$transaction(
      async (tx) => {
        await tx.workspace.update({ where: { id: held }, data })
        if (++holding === 2) tell()
        // Each locks the other's row after both hold their own.
        await Promise.race([bothHold, sleep(2000)])
        await tx.workspace.update({ where: { id: wanted }, data })
      },
      { maxWait: 5000, timeout: 10_000 },
    )
  await Promise.allSettled([lock(first.id, second.id), lock(second.id, first.id)])
}

async function flood(prisma: Prisma, rows = 300): Promise<unknown> {
  const source = await prisma.dataSource.findFirst({ select: { id: true } })
  if (source === null) return undefined
  const event = { dataSourceId: source.id, kind: 'VOLUME', score: 0 } as const
  return prisma.driftEvent.createMany({ data: Array.from({ length: rows }, () => event) })
}

async function largeResult(prisma: Prisma): Promise<unknown> {
  if ((await prisma.driftEvent.count()) < 5100) await flood(prisma, 5100)
  return prisma.driftEvent.findMany({ take: 5100, select: { id: true } })
}

function hold(prisma: Client['prisma']): Promise<unknown> {
  return prisma.$transaction(
    async (tx) => {
      await tx.$queryRaw`SELECT pg_sleep(0.4)::text`
    },
    { maxWait: 5000 },
  )
}
