import { type Db, metrics } from './client.ts'
import { upsertQuality } from './upsert-quality.ts'

type Transaction = Parameters<Parameters<Db['transaction']>[0]>[0]

export type JobName = keyof typeof jobs

export const jobs = {
  /** Writes a score of the day for each data source, from its latest drift. */
  'score-sources': async (tx: Transaction, db: Db): Promise<void> => {
    const sources = await tx.orm.public.DataSource.include('driftEvents', (events) =>
      events.limit(20),
    )
      .limit(5)
      .all()
    const day = Temporal.Now.plainDateISO().toString()
    for (const { id, driftEvents } of sources) {
      const score = 1 / (1 + driftEvents.length)
      await tx.execute(upsertQuality(db, id, day, { score }))
    }
  },

  /** Writes, then fails: its rows are rolled back. */
  'sync-catalog': async ({ orm }: Transaction): Promise<void> => {
    const lastSeenAt = Temporal.Now.plainDateTimeISO('UTC')
    await orm.public.DataSource.where((source) => source.name.isNotNull()).updateAndCount({
      lastSeenAt,
    })
    throw new Error('the catalog does not answer')
  },

  /** Takes long. Prisma 8's transactions have no timeout. */
  'rebuild-history': async ({ orm }: Transaction): Promise<void> => {
    await orm.public.Alert.where({ status: 'RESOLVED' }).updateAndCount({ value: 0 })
    await new Promise((resolve) => setTimeout(resolve, 700))
    await orm.public.DriftEvent.aggregate((all) => ({ count: all.count() }))
  },
}

/** Runs a job as a scope of its own: in one transaction, which fails as a whole. It records the run. */
export function runJob(db: Db, name: JobName): Promise<void> {
  return metrics.scope(name, async () => {
    const start = performance.now()
    const { JobRun } = db.orm.public
    const { id } = await JobRun.create({ name })
    let outcome: 'SUCCEEDED' | 'FAILED' = 'FAILED'
    try {
      await db.transaction((tx) => jobs[name](tx, db))
      outcome = 'SUCCEEDED'
    } finally {
      await JobRun.where({ id }).update({
        outcome,
        finishedAt: Temporal.Now.plainDateTimeISO('UTC'),
        durationSeconds: (performance.now() - start) / 1000,
      })
    }
  })
}
