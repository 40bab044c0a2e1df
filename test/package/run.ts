import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { projectRoot } from './project-root.ts'

/** Runs a program to its end and gives its standard output. Programs of this project come first. */
export function run(
  directory: string,
  command: string,
  ...parameters: readonly string[]
): Promise<string> {
  const path = [join(projectRoot, 'node_modules', '.bin'), process.env['PATH']].join(delimiter)
  const options = { cwd: directory, env: { ...process.env, PATH: path, NO_COLOR: '1' } }
  return new Promise((resolve, reject) => {
    execFile(command, parameters, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const call = [command, ...parameters].join(' ')
      reject(new Error(`${call} ended with ${error.code ?? error.signal}\n${stdout}${stderr}`))
    })
  })
}
