import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { exposeMetrics, prismaMetrics } from '../../src/index.ts'
import { snapshot } from '../../src/testing/index.ts'
import { projectRoot } from '../docs/pages.ts'

const source = join(projectRoot, 'src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)
const textOf = (path: string): string => readFileSync(join(projectRoot, path), 'utf8')

test('lists in docs/errors.md every code of the sources', () => {
  const used = files.flatMap((file) =>
    [...textOf(join('src', file)).matchAll(/'(PRISMA_PROMETHEUS_\w+)'/g)].map(([, code]) => code),
  )
  const listed = [...textOf('docs/errors.md').matchAll(/^\| `(PRISMA_PROMETHEUS_\w+)`/gm)].map(
    ([, code]) => code,
  )
  expect(new Set(listed)).toEqual(new Set(used))
  expect(listed).toHaveLength(new Set(listed).size)
})

/** Errors that no caller receives: of the command, and of states that cannot be reached. */
const withoutCode = [
  /^(?:check|cli|monitoring)\//,
  /^support\/coded-error\.ts$/,
  /^metrics\/metric-family\.ts$/,
  /^exposition\/format\/negotiation\/content-coding\.ts$/,
]

test('gives every error of the sources a code', () => {
  const found = files
    .filter((file) => !withoutCode.some((pattern) => pattern.test(file)))
    .flatMap((file) =>
      [...textOf(join('src', file)).matchAll(/\bnew (?:\w*Error)\(/g)]
        .map(([text]) => `${file}: ${text}`)
        .filter((text) => !text.endsWith('new AssertionError(')),
    )
  expect(found).toEqual([])
})

test('throws errors with the documented code and class', async () => {
  const registry = new Registry()
  const failures: readonly (() => unknown)[] = [
    () => prismaMetrics({ registri: registry } as object),
    () => prismaMetrics({ registry, maxSeries: 0 }),
    () => prismaMetrics({ registry }).adapter(undefined as never),
    () => exposeMetrics(undefined, { registry, authorize: {} as never }),
    () => {
      prismaMetrics({ registry, prefix: 'a_' })
      prismaMetrics({ registry, prefix: 'a_', buckets: [1] })
    },
    async () => (await snapshot(registry)).value('nothing'),
  ]
  const caught = await Promise.all(
    failures.map(async (fail) => {
      try {
        await fail()
        return 'no error'
      } catch (error) {
        const { code, constructor } = error as { code?: string } & object
        return `${constructor.name} ${code}`
      }
    }),
  )
  expect(caught).toEqual([
    'TypeError PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    'TypeError PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    'TypeError PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    'TypeError PRISMA_PROMETHEUS_INVALID_ARGUMENT',
    'Error PRISMA_PROMETHEUS_METRIC_NAME_TAKEN',
    'Error PRISMA_PROMETHEUS_UNKNOWN_METRIC',
  ])
})
