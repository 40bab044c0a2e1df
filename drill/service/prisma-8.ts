import postgres, { type PostgresClient } from '@prisma/orm-postgres/runtime'
import { Pool } from 'pg'
import { prismaMetrics, type TypeMap } from '../../src/prisma-8.ts'
import type { Contract } from '../../test/fixtures/prisma-8/contract.d.ts'
import contractJson from '../../test/fixtures/prisma-8/contract.json' with { type: 'json' }
import type { Application, Report, Route } from './application.ts'
import { disturbances } from './prisma-8-disturbances.ts'

export type Db = PostgresClient<Contract>

/** The service on Prisma 8: 12 routes and 2 jobs over the contract of the tests. */
export function openPrisma8(connectionString: string, report: Report): Application {
  const metrics = prismaMetrics<TypeMap<Db>>({
    onError: () => undefined,
    slowOperation: {
      seconds: 0.25,
      onSlow: ({ stack = '' }) => report({ callback: 'onSlow', stack }),
    },
    failedOperation: { onFailed: ({ stack = '' }) => report({ callback: 'onFailed', stack }) },
    longTransaction: {
      seconds: 3,
      onLong: ({ stack = '' }) => report({ callback: 'onLong', stack }),
    },
    nPlusOne: { onSuspect: ({ stack = '' }) => report({ callback: 'onSuspect', stack }) },
  })
  const pool = new Pool({ connectionString, max: 5, connectionTimeoutMillis: 2000 })
  pool.on('error', () => undefined)
  const db = metrics.instrument(
    postgres<Contract>({
      contractJson,
      pg: metrics.pool(pool),
      middleware: [metrics.middleware],
    }),
  )
  let next = 0
  return {
    routes: routes(db),
    jobs: {
      'sync-users': () =>
        db.transaction(async (tx) => {
          const user = await tx.orm.public.User.first({ id: 1 })
          await tx.orm.public.User.where({ id: user?.id ?? 1 }).update({ score: 1 })
        }),
      'clean-up': () => db.orm.public.Note.where({ text: 'drill' }).deleteAndCount(),
    },
    disturbances: disturbances(db),
    scope: (name, job) => metrics.scope(name, job),
    async readIds() {},
    idFor: () => String(1 + (next++ % 200)),
    reportOpenTransactions() {
      for (const { stack = '' } of metrics.openTransactions()) {
        report({ callback: 'openTransactions()', stack })
      }
    },
    close: () => db.close(),
  }
}

let created = 0

function routes({ orm, transaction }: Db): Route[] {
  const { User, Post, Comment, Tag, Note } = orm.public
  return [
    { method: 'get', path: '/users', run: () => User.limit(20).all() },
    { method: 'get', path: '/users/:id', run: (id) => User.first({ id: Number(id) }) },
    {
      method: 'get',
      path: '/users/:id/posts',
      run: (id) => Post.where({ authorId: Number(id) }).all(),
    },
    {
      method: 'post',
      path: '/users/:id/score',
      run: (id) =>
        transaction(async (tx) => {
          const user = await tx.orm.public.User.first({ id: Number(id) })
          await tx.orm.public.User.where({ id: Number(id) }).update({
            score: (user?.score ?? 0) + 1,
          })
        }),
    },
    { method: 'get', path: '/posts', run: () => Post.limit(20).all() },
    { method: 'get', path: '/posts/:id', run: (id) => Post.first({ id: Number(id) }) },
    {
      method: 'post',
      path: '/posts/:id/views',
      run: (id) => Post.where({ id: Number(id) }).update({ views: 1 }),
    },
    {
      method: 'get',
      path: '/posts/:id/comments',
      run: (id) => Comment.where({ postId: Number(id) }).all(),
    },
    {
      method: 'post',
      path: '/posts/:id/comments',
      run: (id) => Comment.create({ postId: Number(id), text: 'drill' }),
    },
    { method: 'get', path: '/tags', run: () => Tag.all() },
    { method: 'post', path: '/tags', run: () => Tag.create({ name: `tag ${created++}` }) },
    { method: 'post', path: '/notes', run: () => Note.create({ text: 'drill' }) },
  ]
}
