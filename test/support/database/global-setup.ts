import type { TestProject } from 'vitest/node'
import { type DatabaseServer, startDatabaseServer } from './server.ts'
import { createTemplates } from './templates.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseServerUrl: string
  }
}

let server: DatabaseServer | undefined

// vitest dies of these without a teardown; as an exit, they let the server's own exit hook run.
const deadlySignals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

export async function setup(project: TestProject): Promise<void> {
  for (const [signal, number] of Object.entries(deadlySignals)) {
    process.once(signal, () => process.exit(128 + number))
  }
  server = await startDatabaseServer()
  console.log(`Database: ${server.description}`)
  await createTemplates(server.url)
  project.provide('databaseServerUrl', server.url)
}

export async function teardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]()
}
