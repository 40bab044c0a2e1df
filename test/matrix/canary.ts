import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../package/run.ts'
import { packTarball } from '../package/tarball.ts'
import { createPrisma8Project, runApplication, startPrisma8Server } from './prisma-8.ts'

/**
 * Tries the newest published Prisma 8 and prints what broke: `npm run canary`, or with a version,
 * `npm run canary -- 8.0.0-rc.12`. Ends with 1 if something did.
 */
const [given] = process.argv.slice(2)
const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-canary-'))
process.once('SIGINT', () => process.exit(130))
try {
  const release = given ?? (await newestRelease())
  console.log(`@prisma/orm-postgres ${release}`)
  const tarball = await packTarball()
  await using server = await startPrisma8Server()
  const node = {
    name: `Node ${process.version}`,
    command: [process.execPath],
    typescript: false,
  } as const
  const steps = [
    {
      name: 'install, emit a contract, compile',
      work: () => createPrisma8Project(folder, tarball.path, release),
    },
    {
      name: `run on ${node.name}`,
      work: () => server.withDatabase('template1', () => runApplication(folder, node)),
    },
  ]
  for (const { name, work } of steps) {
    try {
      await work()
      console.log(`ok      ${name}`)
    } catch (error) {
      console.log(`BROKEN  ${name}\n${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
      break
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** The version that was published last. The tags of the registry stay behind. */
async function newestRelease(): Promise<string> {
  const view = ['view', '@prisma/orm-postgres', 'versions', 'time', '--json']
  const { versions, time = {} } = JSON.parse(await run(folder, 'npm', ...view)) as {
    versions: string[]
    time?: Record<string, string>
  }
  const published = versions.filter((version) => version.startsWith('8.'))
  const newest = published.toSorted((one, other) =>
    (time[one] ?? '').localeCompare(time[other] ?? ''),
  )
  const release = newest.at(-1)
  if (release === undefined) throw new Error('expected a release of Prisma 8, got none')
  return release
}
