import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { Registry } from 'prom-client'
import { prismaMetrics } from '../../../src/prisma-8.ts'
import { snapshot } from '../../../src/testing/index.ts'
import type { Contract } from '../../fixtures/prisma-8/contract.d.ts'
import contractJson from '../../fixtures/prisma-8/contract.json' with { type: 'json' }
import type { TestDatabase } from '../../support/database/database.ts'
import { expectCounted } from './counted.ts'
import { NaiveCount } from './naive-count.ts'
import { runProgram } from './program.ts'
import type { Run } from './run.ts'
import { StreamingRuntime } from './streaming-runtime.ts'

/** A database whose tables are audited by triggers. */
export type AuditedDatabase = Pick<TestDatabase, 'url' | 'audit' | 'query'>

/**
 * Runs the program of a seed, and expects the counters to equal the triggers. It runs without a test
 * runner, too.
 *
 * @param eachStep true to compare after each step, not only at the end.
 */
export async function checkTruth(
  database: AuditedDatabase,
  seed: number,
  eachStep: boolean,
  registry = new Registry(),
): Promise<Run> {
  const pool = new Pool({
    connectionString: database.url,
    application_name: 'truth',
    max: 12,
    connectionTimeoutMillis: 5000,
    options: '-c lock_timeout=150ms',
  })
  pool.on('error', () => {})
  const faults: unknown[] = []
  // A reading of the migrations may be on a connection that the program ends.
  const onError = (error: unknown): unknown => faults.push(error)
  const metrics = prismaMetrics({
    registry,
    onError,
    migrations: false,
    eventLoopDelay: false,
  })
  const naive = new NaiveCount()
  const middleware = [metrics.middleware, naive]
  const db = metrics.instrument(
    postgres<Contract>({ contractJson, pg: metrics.pool(pool), middleware }),
  )
  const told: string[] = []
  metrics.on('Reader', 'create', ({ result }) => told.push((result as { email: string }).email))
  const rerun = `rerun with TRUTH_SEED=${seed}`
  const kill = async (pid: number): Promise<void> => {
    await database.query('SELECT pg_terminate_backend($1)', [pid])
  }
  const killConnections = async (which: 'idle' | 'busy'): Promise<void> => {
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'truth' AND state ${which === 'idle' ? '=' : '<>'} 'idle'`,
    )
  }
  const compare = async (when: string): Promise<void> =>
    expectCounted(registry, await database.audit(), `rows counted ${when}; ${rerun}`)
  const settle = async ({ name, log }: { name: string; log: readonly string[] }): Promise<void> => {
    await eventually(async () => {
      const busy = await database.query(
        `SELECT query, state FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'truth' AND state = 'active'`,
      )
      assert.deepEqual({ busy, rerun }, { busy: [], rerun })
    })
    // A leaked transaction stays open: its rows are pending.
    if (!eachStep || name === 'leaked transaction') return
    await compare(`after ${name} (${log.join(', ')})`)
  }
  const streaming = await StreamingRuntime.connect(db, pool, middleware)
  const run = await runProgram({ db, streaming, seed, calls: 400, kill, killConnections, settle })

  // What is still open, a leaked transaction, is rolled back with its connection.
  await killConnections('idle')
  await killConnections('busy')
  await eventually(async () => {
    assert.equal((await snapshot(registry)).value('prisma_transactions_in_flight'), 0)
  })
  await compare('at the end')
  const rows = await database.query<{ email: string }>('SELECT email FROM archive.app_user')
  const committed = new Set(rows.map(({ email }) => email))
  const expected = run.readers.filter((email) => committed.has(email)).toSorted()
  // Nothing connects an operation with a transaction that another one has left open on its connection.
  const events = told.filter((email) => committed.has(email) || !run.leakedReaders.has(email))
  assert.deepEqual({ rerun, events: events.toSorted() }, { rerun, events: expected })
  assert.ok(told.length > 5, rerun)
  assert.equal((await snapshot(registry)).value('prisma_operations_in_flight'), 0)
  // What a middleware alone counts wrong.
  assert.notDeepEqual(naive.mismatches(await database.audit()), [])
  assert.deepEqual({ rerun, faults }, { rerun, faults: [] })
  assert.deepEqual({ rerun, surprises: run.surprises }, { rerun, surprises: [] })
  await db.close()
  // Not awaited: Prisma keeps a connection whose BEGIN has failed, and the pool waits for it.
  void pool.end()
  return run
}

/** Retries a check until it passes, for a few seconds. */
async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 5000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(50)
    }
  }
}
