import { spawnSync } from 'node:child_process'
import { PostgreSqlContainer } from '@testcontainers/postgresql'
import { getContainerRuntimeClient, ImageName, Wait } from 'testcontainers'
import {
  type Settings,
  startEmbeddedPostgres,
} from '../../../example/database/embedded-postgres.ts'

export interface DatabaseServer {
  /** Connects as superuser. */
  readonly url: string
  /** Which server this is, and why where it is not the one wanted first. */
  readonly description: string
  [Symbol.asyncDispose](): Promise<void>
}

const postgresImage = process.env['POSTGRES_IMAGE'] ?? 'postgres:18-alpine'

/** Room for many pools at once, deadlocks told at once, and nothing kept for after a power cut. */
const settings: Settings = {
  max_connections: 500,
  deadlock_timeout: '50ms',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}

/**
 * Starts the Postgres that the tests run on: a container of `POSTGRES_IMAGE`, or the embedded
 * server where no container can be had or `TEST_DATABASE=embedded` asks for it.
 *
 * @throws where `REQUIRE_CONTAINERS=1` and no container can be had.
 */
export async function startDatabaseServer(): Promise<DatabaseServer> {
  if (process.env['TEST_DATABASE'] === 'embedded') return startEmbedded('TEST_DATABASE=embedded')
  const obstacle = await obstacleToContainers(postgresImage)
  if (obstacle === undefined) return startContainer()
  if (process.env['REQUIRE_CONTAINERS'] === '1') {
    throw new Error(
      `REQUIRE_CONTAINERS=1: expected a container of ${postgresImage}, got: ${obstacle}`,
    )
  }
  return startEmbedded(obstacle)
}

/** Why no container of `image` can be started; undefined where one can. */
export async function obstacleToContainers(image: string): Promise<string | undefined> {
  let runtime
  try {
    runtime = await getContainerRuntimeClient()
  } catch {
    return 'no container engine answers'
  }
  try {
    await runtime.image.pull(ImageName.fromString(image))
    await runtime.image.inspect(ImageName.fromString(image))
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `image ${image} is not here and cannot be pulled: ${reason.split('\n')[0]}`
  }
}

/** Replaces testcontainers' health check, which runs a program in the container four times per second. */
export const noHealthCheck: { test: ['CMD', string]; interval: number } = {
  test: ['CMD', 'true'],
  interval: 3_600_000,
}

async function startContainer(): Promise<DatabaseServer> {
  // Ryuk, which removes what a dead process left, is an image of its own that may not be there:
  // unless it is asked for, the hook below does its work.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const container = await new PostgreSqlContainer(postgresImage)
    .withUsername('postgres')
    .withDatabase('postgres')
    .withHealthCheck(noHealthCheck)
    // The first message comes from the server that initialises the cluster.
    .withWaitStrategy(Wait.forLogMessage(/database system is ready to accept connections/, 2))
    .withCommand([
      'postgres',
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    .start()
  const removeAtExit = (): void => {
    spawnSync('docker', ['rm', '--force', '--volumes', container.getId()])
  }
  process.once('exit', removeAtExit)
  return {
    url: container.getConnectionUri(),
    description: `container of ${postgresImage}`,
    async [Symbol.asyncDispose]() {
      await container.stop()
      process.off('exit', removeAtExit)
    },
  }
}

async function startEmbedded(reason: string): Promise<DatabaseServer> {
  const postgres = await startEmbeddedPostgres(settings)
  return {
    url: postgres.url,
    description: `embedded Postgres (${reason})`,
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  }
}
