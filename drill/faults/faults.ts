import type { Fault, Target } from './fault.ts'
import {
  failedMigration,
  loseIndex,
  migrateHalfWay,
  restartRepeatedly,
  takeConnections,
} from './outside.ts'

const inCode = (places: readonly string[], ...operations: readonly string[]): Target => ({
  places,
  names: [...places, ...operations],
  guilty: [...places, ...operations],
  hasLine: true,
})

const outside = (...names: readonly string[]): Target => ({
  places: [],
  names,
  guilty: [],
  hasLine: false,
})

/** Code inside one route. */
const inRoute = (
  name: string,
  title: string,
  versions: Fault['versions'],
  ...operations: readonly string[]
): Fault => ({
  name,
  title,
  versions,
  choose: (random, { routes }) => inCode([random.oneOf(routes)], ...operations),
})

/** The twelve faults. */
export const faults: readonly Fault[] = [
  inRoute('n-plus-one', 'N+1 on a route', ['7', '8'], 'Alert.findFirst', 'Post.first'),
  inRoute('leak', 'transaction callback that never resolves, 5 % of calls', ['7']),
  {
    name: 'idle-job',
    title: 'job that succeeds at nothing',
    versions: ['7'],
    compares: true,
    choose: (random, { jobs }) => ({ ...inCode([random.oneOf(jobs)]), hasLine: false }),
  },
  {
    name: 'slots',
    title: 'other process takes all connection slots',
    versions: ['7'],
    choose: () => outside('TooManyConnections'),
    plant: (_target, { databaseUrl }) => takeConnections(databaseUrl),
  },
  inRoute('fetch-in-transaction', '2 s fetch inside a transaction', ['7', '8']),
  {
    name: 'deadlock',
    title: 'deadlock of two jobs',
    versions: ['7'],
    choose: (_random, { jobs }) => inCode(jobs, 'Workspace.update'),
  },
  inRoute('unique-storm', 'unique-violation storm', ['7', '8'], 'Tag.create'),
  {
    ...inRoute('event-loop', 'event loop blocked 300 ms by one route', ['7']),
    choose: (random, { routes }) => ({ ...inCode([random.oneOf(routes)]), hasLine: false }),
  },
  {
    name: 'lost-index',
    title: 'index lost, table × 100',
    versions: ['7'],
    compares: true,
    choose(random) {
      const table = random.oneOf(['DriftEvent', 'Alert'] as const)
      const [operation, route] =
        table === 'Alert'
          ? ['Alert.count', 'GET /workspaces/:id/alerts']
          : ['DriftEvent.findMany', 'GET /sources/:id/events']
      return { places: [], names: [operation], guilty: [operation, route], hasLine: false }
    },
    plant: ({ names }, { databaseUrl }) =>
      loseIndex(databaseUrl, names.includes('Alert.count') ? 'Alert' : 'DriftEvent'),
  },
  {
    name: 'migration',
    title: 'migration half applied',
    versions: ['7'],
    choose: () => outside(failedMigration),
    plant: (_target, { databaseUrl }) => migrateHalfWay(databaseUrl),
  },
  {
    name: 'bulk-rollback',
    title: 'job rolls back 50,000 rows again and again',
    versions: ['7'],
    choose: (random, { jobs }) => inCode([random.oneOf(jobs)], 'DriftEvent.createMany'),
  },
  {
    name: 'restarts',
    title: 'database restarts every 20 s',
    versions: ['7'],
    choose: () => outside('ConnectionClosed', 'DatabaseNotReachable'),
    plant: (_target, { databaseUrl }) => restartRepeatedly(databaseUrl),
  },
]
