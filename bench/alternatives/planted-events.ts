import { setTimeout as sleep } from 'node:timers/promises'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Samples } from '../samples.ts'
import type { Open } from './alternatives.ts'

/** What the metrics of an alternative show of planted events. */
export interface Shown {
  /** The names of the metrics. */
  readonly names: readonly string[]
  /** A sample rises by the number of rows that an operation writes. */
  readonly rows: boolean
  /** A transaction that is rolled back changes other samples than one that is committed. */
  readonly rollback: boolean
  /** A sample with "wait" or "pending" in its name or labels rises while operations wait for a connection. */
  readonly wait: boolean
}

const rows = 13

/** Runs events on a client with one connection and compares the samples. */
export async function plantEvents(open: Open, connectionString: string): Promise<Shown> {
  const { client, samples } = open({ connectionString, max: 1 })
  await transaction(client, true)
  await transaction(client, false)
  const written = await changed(samples, () => createAlerts(client))
  const committed = await changed(samples, () => transaction(client, true))
  const rolledBack = await changed(samples, () => transaction(client, false))
  const waited = await risenByWait(client, samples)
  const shown = {
    names: [...new Set([...(await samples()).keys()].map(nameOf))],
    rows: [...written.values()].includes(rows),
    rollback: countsOf(committed) !== countsOf(rolledBack),
    wait: [...waited].some(([key, risen]) => /wait|pending/.test(key) && risen > 0),
  }
  await client.$disconnect()
  return shown
}

function nameOf(key: string): string {
  return key.replace(/\{.*/, '').replace(/_(?:bucket|sum|count)$/, '')
}

async function createAlerts({ alert }: Pick<PrismaClient, 'alert'>): Promise<void> {
  await alert.createMany({
    data: Array.from({ length: rows }, () => ({ title: 'planted', workspaceId: 1 })),
  })
}

async function transaction(client: PrismaClient, commit: boolean): Promise<void> {
  const abort = new Error('rolled back on purpose')
  try {
    await client.$transaction(async (tx) => {
      await createAlerts(tx)
      if (!commit) throw abort
    })
  } catch (error) {
    if (error !== abort) throw error
  }
}

async function changed(
  samples: () => Promise<Samples>,
  event: () => Promise<unknown>,
): Promise<Samples> {
  const before = await samples()
  await event()
  return difference(await samples(), before)
}

/** The highest rise of each sample while four operations of 100 ms take turns on the only connection. */
async function risenByWait(
  client: PrismaClient,
  samples: () => Promise<Samples>,
): Promise<Samples> {
  const before = await samples()
  const operation = (): Promise<unknown> => client.$queryRaw`SELECT 1 AS one FROM pg_sleep(0.1)`
  const ended = Promise.all(Array.from({ length: 4 }, operation))
  const highest = new Map<string, number>()
  for (let look = 0; look < 8; look++) {
    await sleep(50)
    for (const [key, risen] of difference(await samples(), before)) {
      highest.set(key, Math.max(risen, highest.get(key) ?? 0))
    }
  }
  await ended
  return new Map([...difference(await samples(), before), ...highest])
}

function difference(after: Samples, before: Samples): Samples {
  return new Map(
    [...after]
      .map(([key, value]) => [key, value - (before.get(key) ?? 0)] as const)
      .filter(([, risen]) => risen !== 0),
  )
}

/** The changed samples without those that measure time. */
function countsOf(changes: Samples): string {
  const counts = [...changes].filter(
    ([key]) => !/seconds(?!.*_count)|duration(?!.*_count)/.test(key),
  )
  return JSON.stringify(counts.toSorted(([a], [b]) => a.localeCompare(b)))
}
