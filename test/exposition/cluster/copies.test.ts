import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { valueOf } from '../../support/scrape.ts'

interface Result {
  readonly bodies: readonly string[]
  readonly errorsBefore: number
  readonly conflicting: string
  readonly errors: readonly string[]
}

test('adds a worker with two copies of the package once, without histograms of other buckets', async () => {
  const child = fork(fileURLToPath(new URL('workers/copies.ts', import.meta.url)), {
    execArgv: ['--import', import.meta.resolve('tsx')],
  })
  const [result] = (await once(child, 'message')) as [Result]
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  const { bodies, errorsBefore, conflicting, errors } = result
  expect(bodies.map((body) => valueOf(body, 'jobs_total'))).toEqual([10, 10, 10, 10])
  expect(errorsBefore).toBe(0)
  expect(valueOf(conflicting, 'jobs_total')).toBe(20)
  expect(conflicting.split('\n').filter((line) => line.startsWith('took'))).toEqual([
    'took_bucket{le="1"} 0',
    'took_bucket{le="2"} 0',
    'took_bucket{le="+Inf"} 10',
    'took_sum 30',
    'took_count 10',
  ])
  expect(errors).toEqual([
    expect.stringMatching(/metric "took".* buckets 1 2, got .* buckets 1 5 too, which is left out/),
  ])
}, 180_000)
