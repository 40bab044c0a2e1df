import { AsyncLocalStorage } from 'node:async_hooks'
import { machine } from '../machine.ts'
import { cpuMilliseconds, interleave, median, pairedDifference } from '../rounds.ts'
import { table } from '../table.ts'
import { operations, type Task, withNoOp, withOurs } from './variants.ts'

/**
 * Prints the cost of handlers, scopes and N+1 detection on top of the core as Markdown: `npm run
 * bench:events`, or `npm run bench:events -- --quick` for a short run. It asserts nothing.
 */
const rounds = process.argv.includes('--quick') ? 30 : 300
const requests = 25

console.log(machine())

await compare(
  'A process without an AsyncLocalStorage',
  new Map([
    ['no-op extension', withNoOp()],
    ['core', withOurs({})],
    ['core, a handler', withOurs({ handler: true })],
  ]),
)

// All figures include its cost, also those of the no-op extension.
const storage = new AsyncLocalStorage<number>()
const inContext = (task: Task): Task => {
  let requestId = 0
  return () => storage.run(requestId++, task)
}
await compare(
  'Requests in an AsyncLocalStorage, as frameworks and tracers have it',
  new Map([
    ['no-op extension', inContext(withNoOp())],
    ['core', inContext(withOurs({}))],
    ['core, a handler', inContext(withOurs({ handler: true }))],
    ['core, requests as scopes', inContext(withOurs({ scope: true }))],
    [
      'core, requests as scopes, eventLoopDelay: false',
      inContext(withOurs({ scope: true, eventLoopDelay: false })),
    ],
    ['core, scopes, N+1', inContext(withOurs({ scope: true, nPlusOne: {} }))],
    [
      'core, scopes, N+1, a handler',
      inContext(withOurs({ scope: true, nPlusOne: {}, handler: true })),
    ],
  ]),
)

async function compare(title: string, tasks: ReadonlyMap<string, Task>): Promise<void> {
  const figures = await interleave(tasks, { rounds, operations: requests, clock: cpuMilliseconds })
  const [noOp = [], core = []] = figures.values()
  const coreAdds = pairedDifference(core, noOp)
  const rows = [...figures].map(([name, each]) => {
    const adds = pairedDifference(each, noOp)
    return [
      name,
      (median(each) / operations).toFixed(1),
      (adds / operations).toFixed(2),
      each === noOp ? '' : (adds / coreAdds).toFixed(2),
    ]
  })
  console.log(`## ${title}\n`)
  console.log(
    table(['variant', 'µs an operation', '+ µs over the no-op', 'times what the core adds'], rows),
  )
  console.log(
    `\n${rounds} interleaved rounds of ${requests} requests of ${operations} operations; medians of CPU time, differences paired within a round.\n`,
  )
}
