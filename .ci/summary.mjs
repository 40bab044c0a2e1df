// summary.mjs FOLDER CODE: prints the results of vitest's runs in FOLDER. The last line counts each
// test once: as passed by `npm test`, as failed by any run. If all tests passed and CODE is not 0,
// it counts one failure.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, code] = process.argv.slice(2)
const main = 'test'

/** Counts a file that fails before its first test as one failure. */
function count({ testResults, numPassedTests, numPendingTests, numTodoTests }) {
  const failed = testResults
    .filter(({ status }) => status === 'failed')
    .map(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'failed'))
    .reduce((sum, { length }) => sum + Math.max(length, 1), 0)
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}

const runs = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => [
      file.replace('.json', ''),
      count(JSON.parse(readFileSync(join(folder, file), 'utf8'))),
    ]),
)

const log = join(folder, `${main}.log`)
if (existsSync(log)) {
  const summary = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /^ +(Test Files|Tests|Type Errors|Errors|Start at|Duration) {2}/.test(line))
  console.log(summary.join('\n'))
}
for (const [name, { passed, failed, skipped }] of runs) {
  console.log(`run "${name}": ${passed} passed, ${failed} failed, ${skipped} skipped`)
}
const failures = [...runs.values()].reduce((sum, { failed }) => sum + failed, 0)
const failed = Math.max(failures, code === '0' ? 0 : 1)
console.log(`${runs.get(main)?.passed ?? 0} passed, ${failed} failed`)
