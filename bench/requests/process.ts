/** The process of one application: `process.ts NAME`. It has no client, whose CPU time would count. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerQuestions } from '../processes.ts'
import { cpuMilliseconds } from '../rounds.ts'
import { samplesOf, sumOf } from '../samples.ts'
import { applications } from './applications.ts'

const [name = ''] = process.argv.slice(2)
const application = applications[name]?.()
if (application === undefined) throw new Error(`expected an application, got ${name}`)
const { listener, registry, counters } = application
const server = createServer(listener)
// Longer than the pauses between rounds: closing a socket in use is an error for its client.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const answers = {
  async port(): Promise<number> {
    return port
  },
  /** The CPU time of this process. */
  async cpu(): Promise<number> {
    return cpuMilliseconds()
  },
  /** The requests that each counter has counted. */
  async count(): Promise<[counter: string, counted: number][]> {
    const samples = await samplesOf(registry)
    return counters.map((counter) => [counter, sumOf(samples, counter)])
  },
}

export type ApplicationAnswers = typeof answers

answerQuestions(answers)
