import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiClient } from './api-client.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { registerSources } from './register-sources.ts'

export interface Traffic {
  readonly description: string
  /** Waits for the requests in progress. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Simulates the users of the service over HTTP: all scenarios at once, each at its own rate. */
export function driveTraffic(url: string): Traffic {
  const end = new AbortController()
  setMaxListeners(scenarios.length, end.signal)
  const driving = drive(new ApiClient(url), end.signal)
  return {
    description: `${scenarios.length} scenarios at once, about twenty requests per second`,
    async [Symbol.asyncDispose]() {
      end.abort()
      await driving
    },
  }
}

async function drive(api: ApiClient, end: AbortSignal): Promise<void> {
  await registerSources(api)
  await Promise.all(scenarios.map((scenario) => repeat(scenario, api, end)))
}

async function repeat(scenario: Scenario, api: ApiClient, end: AbortSignal): Promise<void> {
  while (!end.aborted) {
    await scenario.play(api)
    const seconds = scenario.everySeconds * (0.5 + Math.random())
    // Rejects at the end; the loop then checks the signal.
    await sleep(seconds * 1000, undefined, { signal: end }).catch(() => undefined)
  }
}
