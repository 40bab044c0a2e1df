import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { blockedBy, controlledClock } from '../../support/controlled-clock.ts'
import { connect, type Db } from '../connect.ts'

const block = controlledClock()

const culprits: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'before its first await': async (db) => {
    block(200)
    await db.orm.public.Tag.all()
  },
  'after an operation': async (db) => {
    await sleep(5)
    await db.orm.public.Tag.all()
    block(200)
    await sleep(5)
  },
  'after a write': async (db) => {
    await sleep(5)
    await db.orm.public.Tag.create({ name: 'urgent' })
    block(200)
  },
  'after a failed operation': async (db) => {
    await sleep(5)
    await db.orm.public.Tag.create({ name: 'urgent' }).catch(() => block(200))
  },
  'in the rows of an iteration': async (db) => {
    await sleep(5)
    for await (const _ of db.orm.public.Tag.all()) block(200)
  },
  'at the start of a transaction': async (db) => {
    await sleep(5)
    await db.transaction(async (tx) => {
      block(200)
      await tx.orm.public.Tag.all()
    })
  },
  'after a transaction': async (db) => {
    await sleep(5)
    await db.transaction(async (tx) => {
      await tx.orm.public.Tag.all()
      await sleep(5)
    })
    block(200)
  },
}

test('names the one scope that blocks, and none that waits', async () => {
  const { db, metrics, registry } = await connect({ poolConfig: { max: 4 } })
  await db.orm.public.Tag.all()
  const end = new AbortController()
  const victims = Array.from({ length: 8 }, (_, index) =>
    metrics.scope(`victim-${index}`, async () => {
      while (!end.signal.aborted) {
        await db.orm.public.User.all()
        await sleep(1)
      }
    }),
  )
  for (const [when, culprit] of Object.entries(culprits)) {
    await sleep(5)
    await metrics.scope(when, () => culprit(db))
  }
  end.abort()
  await Promise.all(victims)

  expect(await blockedBy(registry)).toEqual(
    Object.fromEntries(Object.keys(culprits).map((when) => [when, 200])),
  )
})
