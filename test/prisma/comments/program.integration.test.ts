import { expect, test } from 'vitest'
import { sqlTextFingerprint } from '../../../src/events/n-plus-one/sql-fingerprint.ts'
import type { SlowOperation } from '../../../src/index.ts'
import { nestedOperations } from '../../truth/nested-operations.ts'
import { plainOperations } from '../../truth/plain-operations.ts'
import { postgres } from '../../truth/postgres.ts'
import { runProgram } from '../../truth/program.ts'
import { Random } from '../../truth/random.ts'
import { truthSeeds } from '../../truth/seeds.ts'
import { createSubject, instrumentedClient } from '../subject.ts'

const withoutLiterals = (sql: string): string =>
  sqlTextFingerprint(sql, { operation: '', provider: 'postgresql' })

const control = /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)\b/i

const nameOf = ({ model, operation }: { model: string; operation: string }): string =>
  `${model}.${operation}`

test.each(truthSeeds(1))(
  'attributes the SQL of a random program as one operation at a time does: seed %i',
  { timeout: 300_000 },
  async (seed) => {
    let report: (operation: SlowOperation) => void = () => {}
    const subject = await createSubject({
      migrations: false,
      slowOperation: { seconds: 0, intervalSeconds: 0, onSlow: (operation) => report(operation) },
    })
    const { sql } = subject
    const prisma = instrumentedClient(
      subject,
      { max: 12, options: '-c lock_timeout=150ms' },
      { comments: [subject.metrics.comments] },
    )

    // One operation at a time: its statements are those that the driver sends meanwhile.
    const owners = new Map<string, Set<string>>()
    const learn = (name: string, texts: readonly string[]): void => {
      for (const text of texts.filter((each) => !control.test(each)).map(withoutLiterals))
        owners.set(text, (owners.get(text) ?? new Set()).add(name))
    }
    const random = new Random(seed)
    const operations = [...plainOperations, ...postgres.plain, ...nestedOperations, ...postgres.raw]
    for (let round = 0; round < 5; round++) {
      for (const operation of operations) {
        sql.length = 0
        let name = ''
        report = (reported) => (name = nameOf(reported))
        await Promise.resolve(operation.make(prisma, random)).catch(() => {})
        if (name !== '') learn(name, sql)
      }
    }

    // Then all together.
    const before = await statementCounts(subject)
    sql.length = 0
    const wrong: string[] = []
    let certain = 0
    report = ({ model, operation, statements }) => {
      if (statements === undefined) return
      const name = nameOf({ model, operation })
      for (const { sql: text } of statements) {
        const expected = owners.get(text)
        if (expected === undefined) continue
        certain += 1
        if (!expected.has(name)) wrong.push(`${name}: ${text}`)
      }
    }
    await runProgram({
      client: prisma,
      dialect: { ...postgres, answersAtDisconnect: false },
      profile: 'full',
      seed,
      calls: 150,
      settle: async () => {},
      killConnections: async () => {},
    })

    expect(wrong).toEqual([])
    expect(certain).toBeGreaterThan(50)
    expect(sql.filter((text) => text.includes('prisma_prometheus'))).toEqual([])

    const after = await statementCounts(subject)
    const sent = sql.filter((text) => !control.test(text)).map(withoutLiterals)
    const known = sent.filter((text) => owners.has(text))
    expect(known.length / sent.length).toBeGreaterThan(0.7)
    const outOfBounds = [...new Set([...owners.values()].flatMap((names) => [...names]))].flatMap(
      (name) => {
        const [model = ''] = name.split('.')
        const count = (key: string): number => (after.get(key) ?? 0) - (before.get(key) ?? 0)
        const shared = count(`${model}.$shared`)
        const least = known.filter(
          (text) => owners.get(text)?.size === 1 && owners.get(text)?.has(name),
        )
        const most = sent.filter((text) => owners.get(text)?.has(name) ?? true)
        const counted = count(name)
        return counted <= most.length && counted + shared >= least.length
          ? []
          : [`${name}: ${least.length} <= ${counted} (+ ${shared} shared) <= ${most.length}`]
      },
    )
    expect(outOfBounds).toEqual([])
    expect(subject.faults).toEqual([])
  },
)

async function statementCounts({
  registry,
}: Awaited<ReturnType<typeof createSubject>>): Promise<Map<string, number>> {
  const { values } = (await registry
    .getSingleMetric('prisma_operation_statements_total')
    ?.get()) ?? { values: [] }
  return new Map(
    values.map(({ labels, value }) => [`${labels['model']}.${labels['operation']}`, value]),
  )
}
