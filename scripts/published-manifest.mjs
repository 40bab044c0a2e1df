// published-manifest.mjs strip|restore: takes the fields that only the repository needs out of
// package.json while npm packs, and puts them back afterwards. `prepack` and `postpack` call it.
//
// npm runs no `postpack` if packing fails. So `strip` leaves a process behind that restores the file
// once npm has exited.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const repositoryOnly = new Set(['scripts', 'devDependencies', 'allowScripts', 'overrides'])

const [action = '', parent] = process.argv.slice(2)
const root = process.env['PACKAGE_FOLDER'] ?? fileURLToPath(new URL('..', import.meta.url))
const manifest = join(resolve(root), 'package.json')
const original = join(resolve(root), '.package.json.repository')

function strip() {
  restore()
  const text = readFileSync(manifest, 'utf8')
  const published = Object.fromEntries(
    Object.entries(JSON.parse(text)).filter(([field]) => !repositoryOnly.has(field)),
  )
  writeFileSync(original, text)
  writeFileSync(manifest, `${JSON.stringify(published, undefined, 2)}\n`)
  const npm = npmProcess()
  if (npm === undefined) return
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'watch', npm], {
    detached: true,
    stdio: 'ignore',
  }).unref()
}

function restore() {
  if (existsSync(original)) renameSync(original, manifest)
}

/** npm runs scripts in a shell, which may or may not have been replaced by this process. */
function npmProcess() {
  try {
    const [grandparent = '', command = ''] = execFileSync(
      'ps',
      ['-o', 'ppid=,comm=', '-p', String(process.ppid)],
      { encoding: 'utf8' },
    )
      .trim()
      .split(/\s+/)
    return command.endsWith('sh') ? grandparent : String(process.ppid)
  } catch {
    return undefined // no ps on this system
  }
}

function watch() {
  try {
    process.kill(Number(parent), 0)
    if (existsSync(original)) setTimeout(watch, 200)
  } catch {
    restore()
  }
}

const actions = { strip, restore, watch }
if (!Object.hasOwn(actions, action)) {
  console.error(`published-manifest: expected strip or restore, got ${JSON.stringify(action)}`)
  process.exit(2)
}
actions[action]()
