import type { Dialect } from './dialect.ts'
import * as key from './keys.ts'
import type { Operation } from './operation.ts'

const plain: readonly Operation[] = [
  {
    name: 'tag.createMany, skipping duplicates',
    weight: 3,
    make: (client, random) =>
      client.tag.createMany({
        data: random.several(1, 5, () => ({ name: key.tagName(random) })),
        skipDuplicates: true,
      }),
  },
  {
    name: 'tag.createManyAndReturn',
    weight: 2,
    make: (client, random) =>
      client.tag.createManyAndReturn({
        data: random.several(1, 3, () => ({ name: key.tagName(random) })),
        skipDuplicates: random.chance(0.7),
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

const raw: readonly Operation[] = [
  {
    name: 'raw insert, unquoted',
    weight: 2,
    make: (client) => client.$executeRaw`insert into job_runs (name) values ('raw'), ('raw too')`,
  },
  {
    name: 'raw insert, qualified, behind comments',
    weight: 2,
    make: (client, random) => client.$executeRaw`
      /* DELETE FROM "Tag" */ -- UPDATE "Tag" SET name = '';
      INSERT INTO "public"."Tag"(name)
      SELECT 'tag-' || n FROM generate_series(${random.below(30)}::int, 29) AS n
      ON CONFLICT (name) DO NOTHING`,
  },
  {
    name: 'raw upsert, with SQL in its literals',
    weight: 2,
    make: (client, random) =>
      client.$executeRawUnsafe(
        `INSERT INTO public."Tag" AS t (name) VALUES ('; DELETE FROM "Alert"'), ($1)
         ON CONFLICT (name) DO UPDATE SET name = excluded.name;`,
        key.tagName(random),
      ),
  },
  {
    name: 'raw insert that returns',
    weight: 2,
    make: (client) =>
      client.$queryRaw`INSERT INTO "public".job_runs (name) VALUES ('returned') RETURNING id`,
  },
  {
    name: 'raw update with an alias',
    weight: 2,
    make: (client, random) =>
      client.$executeRawUnsafe(
        'update only public.job_runs as j set duration_seconds = $1 where j.id < $2',
        key.number(random),
        key.jobId(random),
      ),
  },
  {
    name: 'raw update that returns',
    weight: 1,
    make: (client, random) => client.$queryRaw`
      UPDATE "Alert" SET value = value + 1 FROM "Workspace" AS w
      WHERE w.id = "workspaceId" AND w.slug = ${key.slug(random)} RETURNING "Alert".id`,
  },
  {
    name: 'raw delete with using',
    weight: 1,
    make: (client, random) => client.$executeRaw`
      DELETE FROM "DriftEvent" d USING "DataSource" s
      WHERE d."dataSourceId" = s.id AND s.name = ${`source-${random.below(6)}`}`,
  },
  {
    name: 'raw delete of a relation',
    weight: 1,
    make: (client, random) => client.$executeRaw`
      delete from "_AlertToTag" where "A" = ${key.alertId(random)}::uuid`,
  },
  {
    name: 'raw failure',
    weight: 1,
    make: (client) => client.$executeRaw`UPDATE "Tag" SET name = 1/0`,
  },
  {
    name: 'raw failure of the parser',
    weight: 0.5,
    make: (client) => client.$queryRawUnsafe('SELECT nothing FROM nowhere WHERE'),
  },
]

export const postgres: Dialect = {
  plain,
  raw,
  pause: 'SELECT pg_sleep(0.1)::text',
  endOwnConnection: 'SELECT pg_terminate_backend(pg_backend_pid())',
  answersAtDisconnect: true,
  nonsense: 'SELECT 1/0',
}
