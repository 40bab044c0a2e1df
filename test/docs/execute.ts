import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { SnippetModule } from './modules.ts'
import { projectRoot } from './pages.ts'

/** Runs a snippet to its end and returns its output, or until it has answered a scrape and returns the body. */
export async function execute(
  module: SnippetModule,
  folder: string,
  databaseUrl: string,
): Promise<string> {
  const anyPort = new URL('any-port.ts', import.meta.url).href
  const child = fork(module.path, {
    cwd: projectRoot,
    execArgv: ['--import', import.meta.resolve('tsx'), '--import', anyPort],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'),
    },
    silent: true,
  })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code)
  try {
    if (module.snippet.directive.execute === 'serve') {
      const port = await Promise.race([portOf(child), ended.then(() => undefined)])
      if (port === undefined) throw new Error(`ended instead of serving:\n${output}`)
      const response = await fetch(`http://127.0.0.1:${port}/metrics`)
      if (!response.ok) throw new Error(`expected a scrape, got status ${response.status}`)
      return await response.text()
    }
    const code = await ended
    if (code !== 0) throw new Error(`expected exit code 0, got ${code}:\n${output}`)
    return output
  } finally {
    child.kill()
    await ended
  }
}

async function portOf(child: NodeJS.EventEmitter): Promise<number> {
  const [address] = (await once(child, 'message')) as [{ port: number }]
  return address.port
}
