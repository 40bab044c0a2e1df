import type { TestProject } from 'vitest/node'
import { type DatabaseServer, startDatabaseServer } from './server.ts'
import { createTemplates } from './templates.ts'

declare module 'vitest' {
  interface ProvidedContext {
    databaseServerUrl: string
  }
}

let server: DatabaseServer | undefined

export async function setup(project: TestProject): Promise<void> {
  server = await startDatabaseServer()
  console.log(`Database: ${server.description}`)
  await createTemplates(server.url)
  project.provide('databaseServerUrl', server.url)
}

export async function teardown(): Promise<void> {
  await server?.[Symbol.asyncDispose]()
}
