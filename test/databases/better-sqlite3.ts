import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'

type Constructor = new (config: { url: string; timeout: number }) => SqlDriverAdapterFactory

/**
 * Where `@prisma/adapter-better-sqlite3` is installed. It compiles from source for longer than all
 * the other packages take, so it is none of the project's: `npm run test:matrix` installs it in a
 * folder of its own, and runs the tests that look here.
 */
const folder = process.env['BETTER_SQLITE3']

export const betterSqlite3 = folder === undefined ? undefined : await load(folder)

async function load(installed: string) {
  const { resolve } = createRequire(join(installed, 'package.json'))
  const path = resolve('@prisma/adapter-better-sqlite3')
  const { PrismaBetterSqlite3 } = (await import(path)) as { PrismaBetterSqlite3: Constructor }
  return (url: string, timeout: number): SqlDriverAdapterFactory =>
    new PrismaBetterSqlite3({ url, timeout })
}
