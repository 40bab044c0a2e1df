import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { modulesOf, type SnippetModule, writeModules } from '../docs/modules.ts'
import { projectRoot, snippets } from '../docs/pages.ts'
import { startProgram } from '../monitoring/stack/program.ts'
import { findTool } from '../monitoring/tools.ts'
import { createDatabase, type TestDatabase } from '../support/database/database.ts'
import { freePort } from '../support/serve.ts'
import { hang, refuse, type Receiver, startReceiver } from './otlp/receiver.ts'

// Each program compiles its imports anew, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

const folder = join(projectRoot, 'test/docs/generated/recipes')
const pages = new Set(['docs/serverless.md', 'docs/jobs.md'])
const modules = modulesOf(
  snippets.filter(({ page }) => pages.has(page)),
  folder,
)

beforeAll(() => writeModules(modules, folder))

/** The file that a page tells its reader to make. */
function recipe(page: string, name: string): string {
  const found = modules.find(({ snippet }: SnippetModule) => {
    return snippet.page === page && snippet.directive.name === name
  })
  if (found === undefined) throw new Error(`${page} has no ${name}`)
  return found.path
}

interface Ran {
  readonly output: string
  readonly seconds: number
}

function start(file: string, environment: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    cwd: projectRoot,
    env: {
      ...process.env,
      TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
      ...environment,
    },
  })
}

/** Runs a program to its end. */
async function run(file: string, environment: Readonly<Record<string, string>>): Promise<Ran> {
  const started = performance.now()
  const child = start(file, environment)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code, output).toBe(0)
  return { output, seconds: (performance.now() - started) / 1000 }
}

/** Runs a program that uses a recipe as a platform does. */
async function drive(
  file: string,
  driver: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ran> {
  const path = join(dirname(file), `drive-${crypto.randomUUID()}.ts`)
  await writeFile(path, driver)
  onTestFinished(() => rm(path, { force: true }))
  return run(path, environment)
}

async function platform(): Promise<{
  readonly database: TestDatabase
  readonly receiver: Receiver
  readonly environment: Readonly<Record<string, string>>
}> {
  const database = await createDatabase()
  const receiver = await startReceiver()
  onTestFinished(async () => {
    await receiver[Symbol.asyncDispose]()
    await database.drop()
  })
  const environment = {
    DATABASE_URL: database.url,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
  }
  return { database, receiver, environment }
}

const counts = { 'db.collection.name': 'Alert', 'db.operation.name': 'count' }
const durations = 'db.client.operation.duration'

test("a Lambda handler's counts arrive before it returns", async () => {
  const { receiver, environment } = await platform()
  const answered: number[] = []
  receiver.manner = async () => {
    await sleep(200)
    answered.push(Date.now())
    return 200
  }
  const { output } = await drive(
    recipe('docs/serverless.md', 'lambda.ts'),
    `import { handler } from './lambda.ts'
     for (let invocation = 0; invocation < 2; invocation++) {
       console.log((await handler()).body, Date.now())
     }
     process.exit(0)`,
    environment,
  )
  const returned = [...output.matchAll(/^\{"alerts":0\} (\d+)$/gm)].map(([, time]) => Number(time))
  expect(returned).toHaveLength(2)
  expect(answered).toHaveLength(2)
  for (const [index, time] of answered.entries()) {
    expect(time).toBeLessThanOrEqual(returned[index] ?? 0)
  }
  expect(receiver.ledger.total(durations, counts).count).toBe(2)
  expect(receiver.ledger.violations).toEqual([])
})

test('a frozen Lambda instance exports at its next invocation', async () => {
  const { receiver, environment } = await platform()
  const file = recipe('docs/serverless.md', 'lambda.ts')
  const path = join(dirname(file), 'frozen.ts')
  await writeFile(
    path,
    `import { handler } from './lambda.ts'
     process.stdin.on('data', async () => console.log((await handler()).statusCode))`,
  )
  onTestFinished(() => rm(path, { force: true }))
  const child = start(path, environment)
  onTestFinished(() => void child.kill('SIGKILL'))
  const invoke = async (): Promise<void> => {
    child.stdin?.write('x')
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  }
  await invoke()
  child.kill('SIGSTOP')
  // Longer than the receiver keeps an idle connection.
  await sleep(6000)
  child.kill('SIGCONT')
  await invoke()
  expect(receiver.ledger.total(durations, counts).count).toBe(2)

  // Frozen while an export waits for its answer, for longer than a flush may take.
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  receiver.manner = async () => {
    child.kill('SIGSTOP')
    setTimeout(() => child.kill('SIGCONT'), 2500)
    await sleep(100)
    return 200
  }
  await invoke()
  expect(errors).toBe('')
  expect(receiver.ledger.total(durations, counts).count).toBe(3)
  expect(receiver.ledger.violations).toEqual([])
})

test.each([
  ['refuses', refuse, 2],
  ['hangs', hang, 2],
] as const)('a receiver that %s fails no Lambda request', async (_, manner, seconds) => {
  const { receiver, environment } = await platform()
  receiver.manner = manner
  const { output } = await drive(
    recipe('docs/serverless.md', 'lambda.ts'),
    `import { handler } from './lambda.ts'
     await handler()
     const started = performance.now()
     console.log((await handler()).statusCode)
     console.log('seconds', (performance.now() - started) / 1000)
     process.exit(0)`,
    environment,
  )
  expect(output).toContain('200\n')
  const [, took] = /seconds ([\d.]+)/.exec(output) ?? []
  expect(Number(took)).toBeLessThan(seconds + 1.5)
  expect(output.match(/Error: prisma-prometheus: flush:/g)).toHaveLength(2)
})

test('a streaming Lambda handler ends the answer before it flushes', async () => {
  const { receiver, environment } = await platform()
  const { output } = await drive(
    recipe('docs/serverless.md', 'lambda-streaming.ts'),
    `import { PassThrough } from 'node:stream'
     Object.assign(globalThis, { awslambda: { streamifyResponse: (handler) => handler } })
     const { handler } = await import('./lambda-streaming.ts')
     const response = new PassThrough()
     let body = ''
     response.on('data', (chunk) => (body += chunk))
     response.on('end', () => console.log('answer', body))
     await handler({}, response)
     console.log('returned')
     process.exit(0)`,
    environment,
  )
  expect(output).toBe('answer {"alerts":0}\nreturned\n')
  expect(receiver.ledger.total(durations, counts).count).toBe(1)
})

test('a function on Vercel answers, and waitUntil has its counts exported', async () => {
  const { receiver, environment } = await platform()
  const { output } = await drive(
    recipe('docs/serverless.md', 'vercel.ts'),
    `const waiting = []
     const context = { waitUntil: (promise) => waiting.push(promise) }
     Object.assign(globalThis, { [Symbol.for('@vercel/request-context')]: { get: () => context } })
     const { GET } = await import('./vercel.ts')
     console.log(await (await GET()).text(), waiting.length)
     await Promise.all(waiting)
     process.exit(0)`,
    environment,
  )
  expect(output).toBe('{"alerts":0} 1\n')
  expect(receiver.ledger.total(durations, counts).count).toBe(1)
})

const deletes = { 'db.collection.name': 'Tag', 'db.operation.name': 'deleteMany' }

test('a cron script ends by itself, and its numbers have arrived', async () => {
  const { database, receiver, environment } = await platform()
  await database.query(`INSERT INTO "Tag" (name) VALUES ('old-1'), ('old-2'), ('new')`)
  await run(recipe('docs/jobs.md', 'cron.ts'), { ...environment, HOSTNAME: 'cleanup-28391' })
  const { ledger } = receiver
  expect(ledger.total(durations, deletes).count).toBe(1)
  expect(ledger.total('prisma.model.deletes', { model: 'Tag' }).value).toBe(2)
  const success = ledger.points('prisma.scope.last.success.timestamp')
  expect(success).toMatchObject([
    { instance: 'cleanup-28391', attributes: { scope: 'nightly cleanup' } },
  ])
  // The pod that the CronJob's next run starts is a writer of its own.
  await run(recipe('docs/jobs.md', 'cron.ts'), { ...environment, HOSTNAME: 'cleanup-28392' })
  expect(ledger.total(durations, deletes).count).toBe(2)
  expect(ledger.violations).toEqual([])
})

test('flushes a worker of pg-boss at SIGTERM', async () => {
  const { database, receiver, environment } = await platform()
  const child = start(recipe('docs/jobs.md', 'worker.ts'), environment)
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const { default: PgBoss } = await import('pg-boss')
  const boss = new PgBoss(database.url)
  boss.on('error', () => {})
  await boss.start()
  await vi.waitFor(
    async () => expect(await boss.getQueue('welcome'), output).toMatchObject({ name: 'welcome' }),
    { timeout: 20_000, interval: 100 },
  )
  for (const name of ['a', 'b', 'c']) await boss.send('welcome', { name })
  await vi.waitFor(
    async () => expect(await database.query('SELECT FROM "Tag"'), output).toHaveLength(3),
    { timeout: 20_000, interval: 100 },
  )
  child.kill('SIGTERM')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect([code, signal], output).toEqual([0, null])
  await boss.stop({ graceful: false })
  const { ledger } = receiver
  expect(ledger.total('prisma.model.inserts', { model: 'Tag' }).value).toBe(3)
  expect(ledger.total('prisma.scope.duration', { scope: 'job welcome' }).count).toBe(3)
  expect(ledger.violations).toEqual([])
})

test('a script writes its text file', async () => {
  const { environment } = await platform()
  const directory = await mkdtemp(join(tmpdir(), 'prisma-prometheus-textfile-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'nightly.prom')
  await run(recipe('docs/jobs.md', 'textfile.ts'), { ...environment, TEXTFILE: file })
  const written = await readFile(file, 'utf8')
  expect(written).toContain('prisma_scope_duration_seconds_count{client="default",scope="nightly')
})

const pushgateway = findTool('prometheus-pushgateway', 'pushgateway')
const prometheus = findTool('prometheus')

test.skipIf(pushgateway === undefined || prometheus === undefined)(
  'runs of a script replace each other in a Pushgateway that Prometheus scrapes',
  async () => {
    const { database, environment } = await platform()
    const gatewayAddress = `127.0.0.1:${await freePort()}`
    const gatewayUrl = `http://${gatewayAddress}`
    const gateway = await startProgram(
      pushgateway as string,
      [`--web.listen-address=${gatewayAddress}`],
      `${gatewayUrl}/-/ready`,
    )
    onTestFinished(() => gateway[Symbol.asyncDispose]())
    const data = await mkdtemp(join(tmpdir(), 'prisma-prometheus-push-'))
    onTestFinished(() => rm(data, { recursive: true, force: true }))
    const job = {
      job_name: 'pushgateway',
      honor_labels: true,
      static_configs: [{ targets: [gatewayAddress] }],
    }
    const configuration = { global: { scrape_interval: '1s', scrape_timeout: '1s' } }
    const configurationFile = join(data, 'prometheus.yml')
    await writeFile(configurationFile, stringify({ ...configuration, scrape_configs: [job] }))
    const address = `127.0.0.1:${await freePort()}`
    await using _ = await startProgram(
      prometheus as string,
      [
        `--config.file=${configurationFile}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.listen-address=${address}`,
      ],
      `http://${address}/-/ready`,
    )
    const query = async (text: string): Promise<[object, number][]> => {
      const url = `http://${address}/api/v1/query?query=${encodeURIComponent(text)}`
      const { data: found } = (await (await fetch(url)).json()) as {
        data: { result: { metric: object; value: [number, string] }[] }
      }
      return found.result.map(({ metric, value }) => [metric, Number(value[1])])
    }
    const script = recipe('docs/jobs.md', 'push.ts')
    const deleted = 'prisma_model_deletes_total{model="Tag"}'
    for (const rows of [3, 1]) {
      await database.query(
        `INSERT INTO "Tag" (name) SELECT 'old-' || n FROM generate_series(1, ${rows}) AS n`,
      )
      await run(script, { ...environment, PUSHGATEWAY_URL: gatewayUrl })
      await vi.waitFor(
        async () => {
          const found = await query(deleted)
          expect(found.map(([, value]) => value)).toEqual([rows])
          expect(found[0]?.[0]).toMatchObject({ job: 'nightly-cleanup', client: 'default' })
          expect(found[0]?.[0]).not.toHaveProperty('instance', expect.stringMatching(/./))
        },
        { timeout: 15_000, interval: 200 },
      )
    }
    await fetch(`${gatewayUrl}/metrics/job/nightly-cleanup`, { method: 'DELETE' })
    await vi.waitFor(async () => expect(await query(deleted)).toEqual([]), {
      timeout: 15_000,
      interval: 200,
    })
  },
)
