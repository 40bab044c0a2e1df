import type { Dialect } from '../../truth/dialect.ts'
import * as key from '../../truth/keys.ts'
import type { Operation } from '../../truth/operation.ts'

const skipDuplicates: Operation = {
  name: 'tag.createMany, skipping duplicates',
  weight: 3,
  make: (client, random) =>
    client.tag.createMany({
      data: random.several(1, 5, () => ({ name: key.tagName(random) })),
      skipDuplicates: true,
    }),
}

const returning: readonly Operation[] = [
  {
    name: 'tag.createManyAndReturn',
    weight: 2,
    make: (client, random) =>
      client.tag.createManyAndReturn({
        data: random.several(1, 3, () => ({ name: key.tagName(random) })),
      }),
  },
  {
    name: 'jobRun.updateManyAndReturn',
    weight: 2,
    make: (client, random) =>
      client.jobRun.updateManyAndReturn({
        where: { id: { lt: key.jobId(random) } },
        data: { finishedAt: key.day(random) },
        select: { id: true },
      }),
  },
]

/** No RETURNING, no native upsert by Prisma; the server goes on after a refused statement. */
export const mariadbDialect: Dialect = {
  plain: [skipDuplicates],
  // A SELECT finds the record, another statement writes it.
  divisible: /\.(?:update|delete|upsert)\b/,
  raw: [
    {
      name: 'raw insert, unquoted',
      weight: 2,
      make: (client) => client.$executeRaw`insert into job_runs (name) values ('raw'), ('raw too')`,
    },
    {
      name: 'raw insert, behind comments',
      weight: 2,
      make: (client, random) =>
        client.$executeRawUnsafe(
          '/* DELETE FROM `Tag` */ -- UPDATE `Tag` SET name = "";\n INSERT IGNORE INTO `Tag`(name) VALUES (?), (?)',
          key.tagName(random),
          key.tagName(random),
        ),
    },
    {
      name: 'raw update with an alias',
      weight: 2,
      make: (client, random) =>
        client.$executeRawUnsafe(
          'update job_runs as j set duration_seconds = ? where j.id < ?',
          key.number(random),
          key.jobId(random),
        ),
    },
    {
      name: 'raw delete',
      weight: 1,
      make: (client, random) =>
        client.$executeRawUnsafe('DELETE FROM `_AlertToTag` WHERE A = ?', key.alertId(random)),
    },
    {
      name: 'raw failure',
      weight: 2,
      make: (client) => client.$executeRaw`UPDATE Tag SET name = NULL`,
    },
  ],
  pause: 'SELECT SLEEP(0.1)',
  // The driver rejects promises that nobody has when a connection is killed, and forgets callers that
  // wait for a connection when its pool ends. Both happen to a client without metrics too.
  endOwnConnection: undefined,
  answersAtDisconnect: false,
  nonsense: 'SELECT nothing',
}

export const sqliteDialect: Dialect = {
  plain: returning,
  raw: [
    {
      name: 'raw insert, unquoted',
      weight: 2,
      make: (client) => client.$executeRaw`insert into job_runs (name) values ('raw'), ('raw too')`,
    },
    {
      name: 'raw insert, ignoring duplicates',
      weight: 2,
      make: (client, random) => client.$executeRaw`
        /* DELETE FROM "Tag" */ -- UPDATE "Tag" SET name = '';
        INSERT OR IGNORE INTO "Tag"(name) VALUES (${key.tagName(random)}), (${key.tagName(random)})`,
    },
    {
      name: 'raw upsert',
      weight: 2,
      make: (client, random) =>
        client.$executeRawUnsafe(
          `INSERT INTO "Tag" (name) VALUES ('; DELETE FROM "Alert"'), (?)
           ON CONFLICT (name) DO UPDATE SET name = excluded.name;`,
          key.tagName(random),
        ),
    },
    {
      name: 'raw insert that returns',
      weight: 2,
      make: (client) =>
        client.$queryRaw`INSERT INTO job_runs (name) VALUES ('returned') RETURNING id`,
    },
    {
      name: 'raw update with an alias',
      weight: 2,
      make: (client, random) =>
        client.$executeRawUnsafe(
          'update job_runs as j set duration_seconds = ? where j.id < ?',
          key.number(random),
          key.jobId(random),
        ),
    },
    {
      name: 'raw failure',
      weight: 2,
      make: (client) => client.$executeRaw`UPDATE "Tag" SET name = NULL`,
    },
  ],
  // Everything in the server is this process: there is nothing to wait for, and nothing to lose.
  pause: 'SELECT 1',
  endOwnConnection: undefined,
  answersAtDisconnect: true,
  nonsense: 'SELECT nothing',
}
