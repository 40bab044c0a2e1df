import * as key from './keys.ts'
import type { Operation } from './operation.ts'

const outcomes = ['SUCCEEDED', 'FAILED'] as const
const severities = ['INFO', 'WARNING', 'CRITICAL'] as const
const drifts = ['SCHEMA', 'VOLUME', 'DISTRIBUTION', 'FRESHNESS'] as const

/** Reads. */
const reads: readonly Operation[] = [
  {
    name: 'findUnique',
    weight: 3,
    make: (client, random) => client.tag.findUnique({ where: { name: key.tagName(random) } }),
  },
  {
    name: 'findMany with relations',
    weight: 2,
    make: (client, random) =>
      client.alert.findMany({
        where: { workspaceId: key.workspaceId(random) },
        include: { tags: true, dataSource: { include: { driftEvents: true } } },
      }),
  },
  {
    name: 'findUniqueOrThrow',
    weight: 1,
    make: (client, random) =>
      client.dataSource.findUniqueOrThrow({ where: { id: key.sourceId(random) } }),
  },
  { name: 'count', weight: 1, make: (client) => client.jobRun.count() },
  {
    name: 'groupBy',
    weight: 1,
    make: (client) => client.alert.groupBy({ by: ['severity'], _count: true }),
  },
]

/** Writes of one table each, which the result of the operation tells all about. */
const writes: readonly Operation[] = [
  {
    name: 'tag.create',
    weight: 5,
    make: (client, random) => client.tag.create({ data: { name: key.tagName(random) } }),
  },
  {
    name: 'tag.update',
    weight: 4,
    make: (client, random) =>
      client.tag.update({
        where: { name: key.tagName(random) },
        data: { name: key.tagName(random) },
      }),
  },
  {
    name: 'tag.delete',
    weight: 3,
    make: (client, random) => client.tag.delete({ where: { name: key.tagName(random) } }),
  },
  {
    name: 'tag.deleteMany',
    weight: 1,
    make: (client, random) =>
      client.tag.deleteMany({ where: { name: { startsWith: `tag-${random.below(3)}` } } }),
  },
  {
    name: 'tag.upsert',
    weight: 5,
    make(client, random) {
      const name = key.tagName(random)
      return client.tag.upsert({ where: { name }, create: { name }, update: { name } })
    },
  },
  {
    name: 'workspace.create',
    weight: 2,
    make: (client, random) =>
      client.workspace.create({
        data: { id: key.workspaceId(random), slug: key.slug(random), name: 'plain' },
      }),
  },
  {
    name: 'workspace.update',
    weight: 3,
    make: (client, random) =>
      client.workspace.update({
        where: { slug: key.slug(random) },
        data: { name: `renamed ${random.below(100)}` },
        select: { slug: true },
      }),
  },
  {
    name: 'workspace.delete',
    weight: 1,
    make: (client, random) => client.workspace.delete({ where: { id: key.workspaceId(random) } }),
  },
  {
    name: 'workspace.upsert, in several statements',
    weight: 3,
    divisible: true,
    make(client, random) {
      const name = key.slug(random)
      return client.workspace.upsert({
        where: { slug: name },
        create: { id: key.workspaceId(random), slug: name, name },
        update: { name: `${name}, again` },
        include: { alerts: true },
      })
    },
  },
  {
    name: 'dataSource.create',
    weight: 4,
    make: (client, random) =>
      client.dataSource.create({
        data: {
          id: key.sourceId(random),
          workspaceId: key.workspaceId(random),
          name: `source-${random.below(6)}`,
          kind: 'postgres',
        },
      }),
  },
  {
    name: 'dataSource.upsert by two columns',
    weight: 3,
    make(client, random) {
      const where = { workspaceId: key.workspaceId(random), name: `source-${random.below(6)}` }
      return client.dataSource.upsert({
        where: { workspaceId_name: where },
        create: { ...where, id: key.sourceId(random), kind: 'mysql' },
        update: { kind: 'kafka', lastSeenAt: key.day(random) },
      })
    },
  },
  {
    name: 'dataSource.delete, with cascades',
    weight: 2,
    make: (client, random) => client.dataSource.delete({ where: { id: key.sourceId(random) } }),
  },
  {
    name: 'dataSource.updateMany',
    weight: 2,
    make: (client, random) =>
      client.dataSource.updateMany({
        where: { workspaceId: key.workspaceId(random) },
        data: { lastSeenAt: key.day(random) },
      }),
  },
  {
    name: 'alert.create',
    weight: 6,
    make: (client, random) =>
      client.alert.create({
        data: {
          id: key.alertId(random),
          workspaceId: key.workspaceId(random),
          dataSourceId: random.chance(0.5) ? key.sourceId(random) : null,
          causedById: random.chance(0.3) ? key.alertId(random) : null,
          title: 'plain',
          severity: random.pick(severities),
        },
      }),
  },
  {
    name: 'alert.update',
    weight: 4,
    make: (client, random) =>
      client.alert.update({
        where: { id: key.alertId(random), status: { not: 'RESOLVED' } },
        data: { value: { increment: key.number(random) }, status: 'ACKNOWLEDGED' },
      }),
  },
  {
    name: 'alert.updateMany',
    weight: 2,
    make: (client, random) =>
      client.alert.updateMany({
        where: { severity: random.pick(severities) },
        data: { status: 'OPEN', value: { multiply: 2 } },
        limit: 5,
      }),
  },
  {
    name: 'alert.delete',
    weight: 2,
    make: (client, random) => client.alert.delete({ where: { id: key.alertId(random) } }),
  },
  {
    name: 'driftEvent.createMany',
    weight: 3,
    make: (client, random) =>
      client.driftEvent.createMany({
        data: random.several(1, 4, () => ({
          dataSourceId: key.sourceId(random),
          kind: random.pick(drifts),
          score: key.number(random),
        })),
      }),
  },
  {
    name: 'driftEvent.deleteMany',
    weight: 1,
    make: (client, random) =>
      client.driftEvent.deleteMany({ where: { score: { gt: key.number(random) } }, limit: 10 }),
  },
  {
    name: 'qualityReport.create',
    weight: 3,
    make: (client, random) =>
      client.qualityReport.create({
        data: {
          id: key.reportId(random),
          dataSourceId: key.sourceId(random),
          day: key.day(random),
          score: key.number(random),
        },
      }),
  },
  {
    name: 'qualityReport.deleteMany',
    weight: 2,
    make: (client, random) =>
      client.qualityReport.deleteMany({ where: { dataSourceId: key.sourceId(random) } }),
  },
  {
    name: 'jobRun.create',
    weight: 4,
    make: (client, random) =>
      client.jobRun.create({
        data: {
          name: 'nightly',
          workspaceId: random.chance(0.5) ? key.workspaceId(random) : null,
          ...(random.chance(0.4) && { id: key.jobId(random) }),
        },
      }),
  },
  {
    name: 'jobRun.update',
    weight: 2,
    make: (client, random) =>
      client.jobRun.update({
        where: { id: key.jobId(random) },
        data: { outcome: random.pick(outcomes), durationSeconds: key.number(random) },
      }),
  },
  {
    name: 'jobRun.updateMany',
    weight: 2,
    make: (client, random) =>
      client.jobRun.updateMany({
        where: { outcome: null },
        data: { outcome: random.pick(outcomes) },
      }),
  },
  {
    name: 'jobRun.deleteMany',
    weight: 2,
    make: (client, random) =>
      client.jobRun.deleteMany({ where: { id: { gt: key.jobId(random) } }, limit: 8 }),
  },
]

/** Operations that always fail, each at another place. */
const failures: readonly Operation[] = [
  {
    name: 'broken reference',
    weight: 1,
    make: (client) => client.alert.create({ data: { workspaceId: -1, title: 'nowhere' } }),
  },
  {
    name: 'missing record',
    weight: 1,
    make: (client) => client.jobRun.update({ where: { id: -1 }, data: { name: 'none' } }),
  },
  {
    name: 'invalid argument',
    weight: 1,
    make: (client) => client.tag.create({ data: { name: 7 as unknown as string } }),
  },
  {
    name: 'value out of range',
    weight: 0.5,
    make: (client) => client.jobRun.updateMany({ data: { id: { increment: 2 ** 31 - 1 } } }),
  },
]

/** Without nested writes, so that a result tells the rows that its operation wrote. */
export const plainOperations: readonly Operation[] = [...reads, ...writes, ...failures]
