import * as key from './keys.ts'
import type { Operation } from './operation.ts'

/** Operations whose writes spread over several tables. */
const operations: readonly Omit<Operation, 'divisible'>[] = [
  {
    name: 'nested create',
    weight: 4,
    make: (client, random) =>
      client.workspace.create({
        data: {
          slug: key.slug(random),
          name: 'nested',
          dataSources: {
            create: random.several(0, 2, () => ({
              name: `source-${random.below(6)}`,
              kind: 'nested',
              driftEvents: { createMany: { data: [{ kind: 'SCHEMA', score: 1 }] } },
            })),
          },
          alerts: {
            create: random.several(0, 2, () => ({
              id: key.alertId(random),
              title: 'nested',
              tags: { create: random.several(0, 2, () => ({ name: key.tagName(random) })) },
            })),
          },
          jobRuns: { create: { name: 'nested' } },
        },
      }),
  },
  {
    name: 'nested connectOrCreate',
    weight: 4,
    make: (client, random) =>
      client.alert.create({
        data: {
          title: 'connected',
          workspace: {
            connectOrCreate: {
              where: { slug: key.slug(random) },
              create: { slug: key.slug(random), name: 'connected' },
            },
          },
          tags: {
            connectOrCreate: random.several(1, 3, () => {
              const name = key.tagName(random)
              return { where: { name }, create: { name } }
            }),
          },
        },
      }),
  },
  {
    name: 'nested connect and disconnect',
    weight: 4,
    make: (client, random) =>
      client.alert.update({
        where: { id: key.alertId(random) },
        data: {
          tags: {
            connect: [{ name: key.tagName(random) }],
            disconnect: [{ name: key.tagName(random) }],
          },
          dataSource: random.chance(0.5)
            ? { disconnect: true }
            : { connect: { id: key.sourceId(random) } },
        },
      }),
  },
  {
    name: 'nested set, many to many',
    weight: 3,
    make: (client, random) =>
      client.alert.update({
        where: { id: key.alertId(random) },
        data: { tags: { set: random.several(0, 3, () => ({ name: key.tagName(random) })) } },
      }),
  },
  {
    name: 'nested set, one to many',
    weight: 3,
    make: (client, random) =>
      client.workspace.update({
        where: { slug: key.slug(random) },
        data: { jobRuns: { set: random.several(0, 3, () => ({ id: key.jobId(random) })) } },
      }),
  },
  {
    name: 'nested connect, of itself',
    weight: 2,
    make: (client, random) =>
      client.alert.update({
        where: { id: key.alertId(random) },
        data: {
          consequences: {
            connect: { id: key.alertId(random) },
            disconnect: { id: key.alertId(random) },
          },
        },
      }),
  },
  {
    name: 'nested update, updateMany and upsert',
    weight: 4,
    make: (client, random) =>
      client.workspace.update({
        where: { id: key.workspaceId(random) },
        data: {
          name: 'touched',
          alerts: {
            updateMany: { where: { status: 'OPEN' }, data: { value: key.number(random) } },
            upsert: {
              where: { id: key.alertId(random) },
              create: { id: key.alertId(random), title: 'upserted inside' },
              update: { status: 'RESOLVED', resolvedAt: key.day(random) },
            },
          },
          ...(random.chance(0.3) && {
            jobRuns: {
              update: { where: { id: key.jobId(random) }, data: { outcome: 'FAILED' } },
            },
          }),
        },
      }),
  },
  {
    name: 'nested delete and deleteMany',
    weight: 3,
    make: (client, random) =>
      client.workspace.update({
        where: { id: key.workspaceId(random) },
        data: {
          jobRuns: { deleteMany: { id: { gt: key.jobId(random) } } },
          ...(random.chance(0.3) && { alerts: { delete: { id: key.alertId(random) } } }),
        },
      }),
  },
  {
    name: 'upsert with nested writes',
    weight: 3,
    make(client, random) {
      const where = { slug: key.slug(random) }
      return client.workspace.upsert({
        where,
        create: { ...where, name: 'upserted', jobRuns: { create: { name: 'upserted' } } },
        update: { jobRuns: { create: { name: 'upserted' } } },
      })
    },
  },
  {
    name: 'update that changes nothing',
    weight: 1,
    make: (client, random) => client.tag.update({ where: { name: key.tagName(random) }, data: {} }),
  },
]

export const nestedOperations: readonly Operation[] = operations.map((operation) => ({
  ...operation,
  divisible: true,
}))
