import { setTimeout as sleep } from 'node:timers/promises'
import * as key from './keys.ts'
import type { Client } from './operation.ts'
import type { Random } from './random.ts'
import { GivenUp, type Run } from './run.ts'

/** Rows that two transactions fight about. */
async function twoTags(run: Run): Promise<void> {
  for (const name of ['left', 'right']) {
    await run.attempt('tag.upsert', () =>
      run.client.tag.upsert({ where: { name }, create: { name }, update: { name } }),
    )
  }
}

/** Resolves once both have come here. */
function meeting(): () => Promise<void> {
  let waiting = 2
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return async () => {
    waiting -= 1
    if (waiting === 0) open()
    // The other one may have failed on its way.
    await Promise.race([opened, sleep(500)])
  }
}

/** Two transactions that each wait for a row of the other's. */
export async function deadlock(run: Run): Promise<void> {
  await twoTags(run)
  const meet = meeting()
  const lock = (tx: Client, name: string): Promise<unknown> =>
    tx.tag.update({ where: { name }, data: { name } })
  const fight = (first: string, second: string): Promise<boolean> =>
    run.attempt('deadlock', () =>
      run.client.$transaction(async (tx) => {
        await lock(tx, first)
        await meet()
        await lock(tx, second)
      }),
    )
  await Promise.all([fight('left', 'right'), fight('right', 'left')])
}

/** Two transactions of which only one can have come first. */
export async function serializationFailure(run: Run): Promise<void> {
  await twoTags(run)
  const meet = meeting()
  const skew = (mine: string, theirs: string): Promise<boolean> =>
    run.attempt('serialization failure', () =>
      run.client.$transaction(
        async (tx) => {
          await tx.tag.findUnique({ where: { name: theirs } })
          await meet()
          await tx.tag.update({ where: { name: mine }, data: { name: mine } })
        },
        { isolationLevel: 'Serializable' },
      ),
    )
  await Promise.all([skew('left', 'right'), skew('right', 'left')])
}

/** The time is up while an operation of several statements is running. */
export async function lateInTheMiddle(run: Run, random: Random): Promise<void> {
  await run.attempt('late in the middle', () =>
    run.client.$transaction(
      async (tx) => {
        await run.operateToTheEnd(tx, random)
        await Promise.all([
          run.execute(tx, run.dialect.pause),
          run.operateToTheEnd(tx, random.fork()),
        ])
      },
      { timeout: 30 },
    ),
  )
}

/**
 * The time is up while the first statement of an operation waits for a row. Prisma sends the others
 * nevertheless: on a connection where the transaction is over, they commit one by one.
 */
export async function lateOperation(run: Run): Promise<void> {
  const where = { slug: 'late' }
  await run.attempt('workspace.upsert', () =>
    run.client.workspace.upsert({
      where,
      create: { slug: 'late', name: 'late' },
      update: { name: 'late' },
    }),
  )
  const update = (tx: Client): Promise<unknown> =>
    tx.workspace.update({
      where,
      data: { name: 'later', jobRuns: { create: [{ name: 'late' }, { name: 'late' }] } },
    })
  let late: Promise<boolean> | undefined
  await run.attempt('workspace.update, held', () =>
    run.client.$transaction(async (holder) => {
      await holder.workspace.update({ where, data: { name: 'held' } })
      late = run.attempt('late operation', () => run.client.$transaction(update, { timeout: 30 }))
      await sleep(90)
    }),
  )
  await late
}

/** A callback that does not wait for what it has started. */
export async function unawaited(run: Run, random: Random): Promise<void> {
  const started: Promise<boolean>[] = []
  await run.attempt('unawaited', () =>
    run.client.$transaction(async (tx) => {
      await run.operate(tx, random)
      started.push(...random.several(1, 3, () => run.operateToTheEnd(tx, random.fork())))
      for (let ticks = random.below(20); ticks > 0; ticks--) await Promise.resolve()
      if (random.chance(0.3)) throw new GivenUp()
    }),
  )
  await Promise.all(started)
}

/** More transactions than connections, and no patience. */
export async function exhaustion(run: Run, random: Random): Promise<void> {
  const hurried = (fork: Random): Promise<boolean> =>
    run.attempt('exhaustion', () =>
      run.client.$transaction(
        async (tx) => {
          await run.operate(tx, fork)
          await sleep(10)
        },
        { maxWait: 15 + fork.below(10) },
      ),
    )
  await Promise.all(random.several(14, 18, () => hurried(random.fork())))
}

/**
 * The client goes, with work under way, and is back for the next operation. Operations of several
 * statements are left out: Prisma goes on sending them on connections that it is closing, so that
 * nobody ever hears what became of the last one.
 */
export async function disconnection(run: Run, random: Random): Promise<void> {
  const transact = (fork: Random): Promise<boolean> =>
    run.attempt('interactive transaction', () =>
      run.client.$transaction(async (tx) => {
        for (let left = 3; left > 0; left--) await run.operateBriefly(tx, fork)
      }),
    )
  const underWay = random.several(1, 4, () =>
    random.chance(0.5) ? run.operateBriefly(run.client, random.fork()) : transact(random.fork()),
  )
  await sleep(random.below(8))
  await Promise.all([run.attempt('$disconnect', () => run.client.$disconnect()), ...underWay])
}

/** More values than one statement can take: Prisma makes a transaction of several. */
export async function manyValues(run: Run): Promise<void> {
  const names = Array.from({ length: 33_000 }, (_, index) => `tag-${index}`)
  await run.attempt('tag.updateMany, in several statements', () =>
    run.client.tag.deleteMany({ where: { name: { in: names } } }),
  )
}

/** Serial numbers run ahead of the keys, so that plain creates go on finding free ones. */
export async function repopulate(run: Run, random: Random): Promise<void> {
  for (let id = 1; id <= 8; id++) {
    await run.attempt('workspace.upsert', () =>
      run.client.workspace.upsert({
        where: { id },
        create: { id, slug: `home-${id}`, name: 'home' },
        update: { name: 'home' },
      }),
    )
  }
  await run.attempt('dataSource.create', () =>
    run.client.dataSource.create({
      data: {
        id: key.sourceId(random),
        workspaceId: key.workspaceId(random),
        name: 'home',
        kind: 'postgres',
      },
    }),
  )
}
