import { Agent, get } from 'node:http'
import { installPackages } from '../alternatives/packages.ts'
import { machine } from '../machine.ts'
import { inSets, type VariantProcess } from '../processes.ts'
import {
  type Figures,
  interleave,
  joined,
  median,
  pairedDifference,
  pairedRatio,
} from '../rounds.ts'
import { signed, table } from '../table.ts'
import { applications } from './applications.ts'
import type { ApplicationAnswers } from './process.ts'

/**
 * Prints the CPU time that metrics add to a request of an Express application, as Markdown: `npm run
 * bench:requests`, or with `-- --quick` for a short run. No database. Throws if an application did not
 * count the requests.
 */
const quick = process.argv.includes('--quick')
const sets = quick ? 1 : 3
const roundsOfSet = quick ? 10 : 40
// V8 compiles code while the first 20,000 requests arrive.
const unmeasuredRounds = quick ? 5 : 25
const requests = quick ? 200 : 1000
const connections = 8

installPackages()
console.log(machine())
const runs: Figures[] = []
await inSets<ApplicationAnswers>(
  { script: new URL('process.ts', import.meta.url), names: Object.keys(applications), sets },
  async (processes) => void runs.push(await measure(processes)),
)
const figures = joined(runs)
const [none = []] = figures.values()
console.log('## CPU time per request\n')
console.log(
  table(
    ['', 'µs per request', '+ µs over no metrics', 'to no metrics'],
    [...figures].map(([name, each]) => [
      name,
      median(each).toFixed(1),
      signed(pairedDifference(each, none), 1),
      pairedRatio(each, none).toFixed(3),
    ]),
  ),
)
console.log(
  `\n${sets * roundsOfSet} interleaved rounds of ${requests} requests on ${connections} connections, in ${sets} sets of a process per application. Before the first round of a set, ${unmeasuredRounds * requests} requests were sent to each.`,
)

async function measure(
  processes: ReadonlyMap<string, VariantProcess<ApplicationAnswers>>,
): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const sent = new Map<string, number>()
  let milliseconds = 0
  const tasks = new Map<string, () => Promise<void>>()
  for (const [name, each] of processes) {
    const port = await each.ask('port')
    tasks.set(name, async () => {
      const before = await each.ask('cpu')
      await send(port, agent)
      milliseconds += ((await each.ask('cpu')) - before) / requests
      sent.set(name, (sent.get(name) ?? 0) + requests)
    })
  }
  const rounds = { rounds: roundsOfSet, operations: 1, warmUp: unmeasuredRounds }
  const measured = await interleave(tasks, { ...rounds, clock: () => milliseconds })
  for (const [name, each] of processes) {
    for (const [counter, counted] of await each.ask('count')) {
      if (counted !== sent.get(name)) {
        throw new Error(
          `${name}: expected ${counter} to count ${sent.get(name)} requests, got ${counted}`,
        )
      }
    }
  }
  agent.destroy()
  return measured
}

/** Sends the requests, one after the other on each connection. */
async function send(port: number, agent: Agent): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < requests) {
        next += 1
        await request(port, agent, next)
      }
    }),
  )
}

function request(port: number, agent: Agent, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/users/${id}`, agent }, (response) => {
      response.resume().on('end', resolve).on('error', reject)
    }).on('error', reject)
  })
}
