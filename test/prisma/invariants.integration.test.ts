import { describe, expect, test } from 'vitest'
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import { everything, Script, type Step } from './script.ts'
import { createSubject, instrumentedClient, type Subject } from './subject.ts'
import { asClient } from '../support/as-client.ts'

interface Transcript {
  readonly steps: readonly Step[]
  readonly sql: readonly string[]
}

/** Runs the script on a client of a new database, over one connection, so that its order is one. */
async function transcribe(connect: (subject: Subject) => PrismaClient): Promise<Transcript> {
  const subject = await createSubject()
  const script = new Script()
  await everything(connect(subject), script)
  expect(subject.faults).toEqual([])
  return { steps: script.steps, sql: subject.sql }
}

const one = { max: 1 }
const bare = (subject: Subject): PrismaClient =>
  subject.client(new PrismaClient({ adapter: subject.adapter(one) }))

/** Others' extensions, of which ours has to be one among many. */
const doubling = Prisma.defineExtension({
  name: 'doubling',
  result: { tag: { twice: { needs: { name: true }, compute: ({ name }) => name + name } } },
  query: { tag: { findMany: ({ args, query }) => query({ ...args, take: 100 }) } },
})

describe.each<{
  readonly how: string
  readonly instrumented: (subject: Subject) => PrismaClient
  readonly control: (subject: Subject) => PrismaClient
}>([
  { how: 'with both layers', instrumented: (s) => instrumentedClient(s, one), control: bare },
  {
    how: 'with the extension only',
    instrumented: (s) =>
      asClient(
        s.client(new PrismaClient({ adapter: s.adapter(one) }).$extends(s.metrics.extension)),
      ),
    control: bare,
  },
  {
    how: 'with the adapter only',
    instrumented: (s) => s.client(new PrismaClient({ adapter: s.metrics.adapter(s.adapter(one)) })),
    control: bare,
  },
  {
    how: 'behind another extension',
    instrumented: (s) => asClient(instrumentedClient(s, one).$extends(doubling)),
    control: (s) => asClient(bare(s).$extends(doubling)),
  },
  {
    how: 'before another extension',
    instrumented: (s) =>
      asClient(
        s.client(
          new PrismaClient({ adapter: s.metrics.adapter(s.adapter(one)) })
            .$extends(doubling)
            .$extends(s.metrics.extension),
        ),
      ),
    control: (s) => asClient(bare(s).$extends(doubling)),
  },
])('$how', ({ instrumented, control }) => {
  test('changes no result, error, order or SQL', async () => {
    const expected = await transcribe(control)
    const transcript = await transcribe(instrumented)
    expect(transcript.steps).toEqual(expected.steps)
    expect(transcript.sql).toEqual(expected.sql)
    // The script is only worth something where it does things.
    expect(expected.steps.length).toBeGreaterThan(45)
    expect(expected.sql.length).toBeGreaterThan(70)
  })
})

/** Prisma copies arguments for extensions, and of a class what it is made of. */
class Label {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  toJSON(): string {
    return this.#name
  }
}

test('passes arguments unchanged, including values that Prisma cannot copy', async () => {
  const prisma = instrumentedClient(await createSubject())

  const tag = await prisma.tag.create({ data: { name: new Label('own class') as never } })
  expect(tag.name).toBe('own class')
  const name = new URL('http://localhost/') as never
  await expect(prisma.tag.create({ data: { name } })).resolves.toMatchObject({
    name: 'http://localhost/',
  })
})
