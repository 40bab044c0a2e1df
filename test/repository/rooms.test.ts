import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Room {
  /** Other rooms whose files may be imported here. */
  readonly rooms: readonly string[]
  /** Packages and Node modules that may be imported here, types included. */
  readonly packages: readonly string[]
}

/**
 * The rooms of `src/`, lowest first: a room imports from those above it in this table and never
 * the other way. A room is a folder, or a file that stands alone. What is not said is not allowed.
 */
const rooms: Readonly<Record<string, Room>> = {
  // Every metric as data.
  'catalogue.ts': { rooms: [], packages: [] },
  // How an option is refused, and how a user is warned.
  'validate.ts': { rooms: [], packages: [] },
  'warn-once.ts': { rooms: [], packages: [] },
  // How long Node can wait.
  'timer.ts': { rooms: [], packages: [] },
  // Counters, gauges and histograms.
  'series/': { rooms: ['catalogue.ts'], packages: [] },
  // The catalogue made real on a registry.
  'instruments.ts': { rooms: ['catalogue.ts', 'series/'], packages: [] },
  // Where a failure of our own goes, so that no query meets it.
  'faults.ts': { rooms: ['series/'], packages: [] },
  // The trace that the running code is part of.
  'trace-context.ts': { rooms: [], packages: [] },
  // How those who start units of work find those who measure them.
  'work-meter.ts': { rooms: [], packages: [] },
  // The only room that knows Prisma.
  'prisma/': {
    rooms: ['series/', 'instruments.ts', 'faults.ts', 'trace-context.ts'],
    packages: ['node:async_hooks', 'node:fs/promises'],
  },
  // What an application makes of its operations: handlers, gauges, scopes.
  'events/': {
    rooms: [
      'validate.ts',
      'timer.ts',
      'catalogue.ts',
      'series/',
      'instruments.ts',
      'faults.ts',
      'work-meter.ts',
      'prisma/',
    ],
    packages: ['node:async_hooks'],
  },
  'options.ts': {
    rooms: ['validate.ts', 'warn-once.ts', 'catalogue.ts', 'series/', 'events/'],
    packages: ['prom-client'],
  },
  // The only room that knows HTTP; it knows nothing of Prisma.
  'exposition/': {
    rooms: ['validate.ts', 'warn-once.ts', 'timer.ts', 'work-meter.ts', 'catalogue.ts', 'series/'],
    packages: [
      'node:cluster',
      'node:crypto',
      'node:events',
      'node:http',
      'node:http2',
      'node:net',
      'node:stream',
      'node:stream/promises',
      'node:worker_threads',
      'node:zlib',
      'prom-client',
    ],
  },
  // Prisma 6's $metrics; it knows nothing of Prisma 7.
  'legacy/': {
    rooms: ['catalogue.ts', 'series/', 'exposition/'],
    packages: [],
  },
  // Puts the parts together.
  'prisma-metrics.ts': {
    rooms: ['instruments.ts', 'faults.ts', 'options.ts', 'prisma/', 'events/', 'legacy/'],
    packages: [],
  },
  // Rules, alerts and dashboards; it knows the metrics by the catalogue only.
  'monitoring/': { rooms: ['catalogue.ts'], packages: [] },
  // Reads an endpoint and says what is wrong with it.
  'check/': { rooms: ['catalogue.ts'], packages: [] },
  // The program of the package.
  'command/': {
    rooms: ['catalogue.ts', 'timer.ts', 'monitoring/', 'check/'],
    packages: ['node:fs/promises', 'node:path', 'node:util'],
  },
  // For the tests of an application: the second entry point.
  'testing/': { rooms: ['validate.ts', 'work-meter.ts'], packages: ['node:assert', 'prom-client'] },
  // The public names.
  'index.ts': {
    rooms: [
      'series/',
      'options.ts',
      'prisma/',
      'events/',
      'exposition/',
      'legacy/',
      'prisma-metrics.ts',
    ],
    packages: [],
  },
}

const source = fileURLToPath(new URL('../../src', import.meta.url))

interface Import {
  readonly file: string
  readonly target: string
}

const importPattern = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

const imports: readonly Import[] = files.flatMap((file) =>
  [...readFileSync(join(source, file), 'utf8').matchAll(importPattern)].map(
    ([, specifier = '']) => ({ file, target: resolve(file, specifier) }),
  ),
)

/** The path in `src/` of a relative import; anything else stays as it is. */
function resolve(file: string, specifier: string): string {
  return specifier.startsWith('.') ? `./${normalize(join(file, '..', specifier))}` : specifier
}

function roomOf(path: string): string {
  const [first = '', ...rest] = path.replace(/^\.\//, '').split('/')
  return rest.length === 0 ? first : `${first}/`
}

test('the table names the rooms there are, and imports run upwards in it', () => {
  const names = Object.keys(rooms)
  expect(new Set(files.map(roomOf))).toEqual(new Set(names))
  for (const [index, [name, room]] of Object.entries(rooms).entries()) {
    const above = names.slice(0, index)
    expect(above, `rooms that ${name} may import`).toEqual(expect.arrayContaining([...room.rooms]))
  }
})

test('no file imports from a room or a package that its own room may not know', () => {
  const strays = imports.filter(({ file, target }) => {
    const room = rooms[roomOf(file)]
    if (!target.startsWith('./')) return !room?.packages.includes(target)
    return roomOf(target) !== roomOf(file) && !room?.rooms.includes(roomOf(target))
  })
  expect(strays.map(({ file, target }) => `src/${file} imports ${target}`)).toEqual([])
})
