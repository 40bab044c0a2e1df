import { Registry } from 'prom-client'
import { expect, onTestFinished, vi } from 'vitest'
import { prismaMetrics } from '../../../src/index.ts'
import { snapshot } from '../../../src/testing/index.ts'
import { expectCounted } from '../../truth/counted.ts'
import type { Dialect } from '../../truth/dialect.ts'
import { runProgram } from '../../truth/program.ts'
import type { Profile, Run } from '../../truth/run.ts'
import { eachStep } from '../../truth/seeds.ts'
import type { RunnableDatabase } from './runnable.ts'
import { asClient } from '../../support/as-client.ts'

/** Runs the program of a seed, and expects the counters to say what the triggers do. */
export async function checkTruth(
  kind: RunnableDatabase,
  dialect: Dialect,
  profile: Profile,
  seed: number,
): Promise<Run> {
  const database = await kind.create()
  const registry = new Registry()
  const faults: unknown[] = []
  const metrics = prismaMetrics({ registry, onError: (error) => faults.push(error) })
  const adapter = database.adapter()
  // The rows of an operation that is cut off by the timeout are in no result.
  const outlives = profile === 'plain' && dialect.divisible !== undefined
  const client = kind
    .connect({
      adapter: profile === 'full' ? metrics.adapter(adapter) : adapter,
      // SQLite has one connection: what waits for it inside a transaction waits in vain.
      transactionOptions: { maxWait: 500, timeout: outlives ? 5000 : 500 },
    })
    .$extends(metrics.extension)
  onTestFinished(async () => {
    await client.$disconnect()
    await database[Symbol.asyncDispose]()
  })

  const rerun = `rerun with TRUTH_SEED=${seed}`
  const compare = async (when: string): Promise<void> =>
    expectCounted(registry, await database.audit(), `rows counted ${when}; ${rerun}`)
  const settle = async (): Promise<void> => {
    await vi.waitFor(
      async () => {
        const now = await snapshot(registry)
        for (const gauge of ['prisma_operations_in_flight', 'prisma_transactions_in_flight']) {
          expect(now.value(gauge), `${gauge}; ${rerun}`).toBe(0)
        }
        expect(await database.busy(), `what the server is busy with; ${rerun}`).toEqual([])
      },
      { timeout: 10_000, interval: 20 },
    )
  }
  const run = await runProgram({
    client: asClient(client),
    dialect,
    profile,
    seed,
    calls: 400,
    async settle(step) {
      await settle()
      if (eachStep) await compare(`after ${step.name}: ${step.log.join(', ')}`)
    },
    // Neither does SQLite have any, nor does MariaDB's driver get over it.
    killConnections: async () => {},
  })
  await compare('at the end')
  expect(run.surprises, rerun).toEqual([])
  expect(faults, rerun).toEqual([])
  return run
}

/** What a program has to have met, for its end to say anything. */
export const adversities = [
  'exhaustion: P2028',
  'late transaction: P2028',
  'interactive transaction: GivenUp',
]
