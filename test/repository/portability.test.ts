import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findTool } from '../monitoring/tools.ts'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

const git = findTool('git')

/** Paths and hosts of one machine, with the files that may mention them. */
const strangers = [
  { what: 'a folder beside the repository', pattern: /\.\.\/shared\b/, allowed: /^\.ci\// },
  { what: 'an absolute path', pattern: /(?<![\w.$}-])\/(?:work|root|home|Users|tmp)\// },
  { what: 'a package registry', pattern: /\bregistry\.npm|"resolved": "http/ },
]

test.skipIf(git === undefined).for(strangers)(
  'mentions $what in no tracked file',
  ({ pattern, allowed }) => {
    const mentions = trackedFiles()
      .filter((file) => !allowed?.test(file))
      .flatMap((file) =>
        readFileSync(join(projectRoot, file), 'utf8')
          .split('\n')
          .map((text, index) => ({ text, place: `${file}:${index + 1}` }))
          .filter(({ text }) => pattern.test(text))
          .map(({ place, text }) => `${place}: ${text.trim()}`),
      )
    expect(mentions).toEqual([])
  },
)

function trackedFiles(): string[] {
  const listed = execFileSync(git as string, ['-c', 'safe.directory=*', 'ls-files', '-z'], {
    cwd: projectRoot,
    encoding: 'utf8',
  })
  // This file contains the patterns themselves.
  return listed.split('\0').filter((file) => file !== '' && !file.endsWith('portability.test.ts'))
}
