import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startReceiver } from './otlp/receiver.ts'

const program = fileURLToPath(new URL('cluster/primary.ts', import.meta.url))

test.each(['cumulative', 'delta'])(
  'exports of two workers of a cluster add up to what one scrape of all shows, %s',
  async (temporality) => {
    await using receiver = await startReceiver()
    const child = fork(program, [receiver.url, temporality], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [scrape] = (await once(child, 'message')) as [string]
    const shown = (name: string): number =>
      Number(new RegExp(`^${name}\\{.*\\} (.*)$`, 'm').exec(scrape)?.[1])
    const { ledger } = receiver
    // Worker 1 does 3 scopes, worker 2 does 5, each in two exports.
    expect(shown('prisma_scope_duration_seconds_count')).toBe(8)
    expect(ledger.total('prisma.scope.duration').count).toBe(8)
    expect(ledger.total('jobs').value).toBe(Number(/^jobs_total (.*)$/m.exec(scrape)?.[1]))
    expect(new Set(ledger.points('jobs').map(({ instance }) => instance)).size).toBe(2)
    expect(ledger.violations).toEqual([])
  },
  60_000,
)
