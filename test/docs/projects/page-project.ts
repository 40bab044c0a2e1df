import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { packTarball } from '../../package/tarball.ts'
import { freePort } from '../../support/serve.ts'
import { projectRoot, snippets } from '../pages.ts'

/** A new project of a reader, which knows this package from its tarball only. */
export interface PageProject {
  readonly directory: string
  write(files: Readonly<Record<string, string>>): Promise<void>
  /** Writes the named snippets of a page as files. */
  writePage(page: string): Promise<void>
  /** Generates the client for the schema of the example, with the given generator block. */
  generate(generator: string): Promise<void>
  /** Runs a program of the project to its end, and returns its output. */
  run(command: string, ...parameters: readonly string[]): Promise<string>
  /** Starts a server of the project, and waits until `path` of its port answers. */
  start(path: string, command: string, ...parameters: readonly string[]): Promise<StartedServer>
  remove(): Promise<void>
}

/** The code of the named snippets of a page, by name. */
export function filesOf(page: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const { page: of, directive, code } of snippets) {
    if (of === page && directive.name !== undefined) files[directive.name] = code
  }
  return files
}

export interface StartedServer extends AsyncDisposable {
  readonly url: string
}

interface ProjectOptions {
  readonly manifest: object
  /** Packages in the versions that this repository develops with. */
  readonly neighbours: readonly string[]
  /** Further packages, with their versions. */
  readonly packages: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Runs the install scripts of packages, of which most work without. */
  readonly installScripts?: boolean
  /** Files that npm needs to install, such as the manifests of workspaces. */
  readonly files?: Readonly<Record<string, string>>
}

export async function createPageProject({
  manifest,
  neighbours,
  packages,
  environment,
  installScripts = false,
  files = {},
}: ProjectOptions): Promise<PageProject> {
  const directory = await mkdtemp(join(tmpdir(), 'prisma-prometheus-page-'))
  const path = [join(directory, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    NO_COLOR: '1',
    ...environment,
    PATH: path,
  }

  function run(command: string, ...parameters: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { cwd: directory, env, maxBuffer: 2 ** 26 }
      execFile(command, parameters, options, (error, stdout, stderr) => {
        const output = stdout + stderr
        if (error === null) return resolve(output)
        const call = [command, ...parameters].join(' ')
        reject(new Error(`${call} ended with ${error.code ?? error.signal}\n${output}`))
      })
    })
  }

  async function write(texts: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(texts)) {
      await mkdir(dirname(join(directory, name)), { recursive: true })
      await writeFile(join(directory, name), text)
    }
  }

  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })

  try {
    await write({ 'package.json': JSON.stringify(manifest), ...files })
    const tarball = await packTarball()
    const { devDependencies } = JSON.parse(
      await readFile(join(projectRoot, 'package.json'), 'utf8'),
    ) as { devDependencies: Record<string, string> }
    const known = neighbours.map((name) => `${name}@${devDependencies[name]}`)
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    const scripts = installScripts ? [] : ['--ignore-scripts']
    await run('npm', 'install', ...quietly, ...scripts, tarball.path, ...known, ...packages)
  } catch (error) {
    await remove()
    throw error
  }

  return {
    directory,
    write,
    writePage: (page) => write(filesOf(page)),
    async generate(generator) {
      await cp(join(projectRoot, 'prisma/schema.prisma'), join(directory, 'prisma/schema.prisma'))
      const schema = await readFile(join(directory, 'prisma/schema.prisma'), 'utf8')
      const text = schema.replace(/^generator client \{[^}]*\}/m, () => generator.trim())
      await write({ 'prisma/schema.prisma': text })
      // This repository's own: installing the command takes longer than all else in most projects.
      const prisma = join(projectRoot, 'node_modules/prisma/build/index.js')
      const parameters = ['generate', '--no-hints', '--schema', 'prisma/schema.prisma']
      await run(process.execPath, prisma, ...parameters)
    },
    run,
    async start(answering, command, ...parameters) {
      const port = await freePort()
      const child = spawn(command, parameters, {
        cwd: directory,
        env: { ...env, PORT: String(port), HOST: '127.0.0.1' },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      })
      const url = `http://127.0.0.1:${port}`
      try {
        await answered(child, url + answering)
      } catch (error) {
        await end(child)
        throw error
      }
      return { url, [Symbol.asyncDispose]: () => end(child) }
    },
    remove,
  }
}

async function answered(child: ChildProcess, url: string): Promise<void> {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const until = Date.now() + 120_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}:\n${output}`)
    if (Date.now() > until) throw new Error(`expected an answer from ${url}, got none:\n${output}`)
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    if (response !== undefined) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Ends the whole process group: commands such as `tsx` run the program in a process of its own. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}
