// summary.mjs FOLDER CODE: prints the results of vitest's runs in FOLDER. The last line counts each
// test once: as passed by `npm test`, as failed by any run. A test that failed and passed when its file
// ran again, alone, passed; it is listed. If all tests passed and CODE is not 0, it counts one failure.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const [folder, code] = process.argv.slice(2)
const main = 'test'

const resultsOf = (name) => {
  const file = join(folder, `${name}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/** The names of the tests that failed; of a file that failed before its first test, its own. */
const failuresOf = ({ testResults }) =>
  testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, assertionResults }) => {
      const tests = assertionResults.filter(({ status }) => status === 'failed')
      const file = relative(process.cwd(), name)
      return tests.length > 0 ? tests.map(({ fullName }) => `${file}: ${fullName}`) : [file]
    })

function count(name) {
  const results = resultsOf(name)
  const again = resultsOf(`${name}-again`)
  const before = failuresOf(results)
  const failures = again ? failuresOf(again) : before
  return {
    passed: results.numPassedTests + before.length - failures.length,
    failed: failures.length,
    skipped: results.numPendingTests + results.numTodoTests,
    unstable: before.filter((test) => !failures.includes(test)),
  }
}

const runs = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !file.endsWith('-again.json'))
    .map((file) => file.replace('.json', ''))
    .map((name) => [name, count(name)]),
)

const log = join(folder, `${main}.log`)
if (existsSync(log)) {
  const summary = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /^ +(Test Files|Tests|Type Errors|Errors|Start at|Duration) {2}/.test(line))
  console.log(summary.join('\n'))
}
for (const [name, { passed, failed, skipped, unstable }] of runs) {
  console.log(`run "${name}": ${passed} passed, ${failed} failed, ${skipped} skipped`)
  for (const test of unstable) console.log(`  failed at first, passed alone: ${test}`)
}
const failures = [...runs.values()].reduce((sum, { failed }) => sum + failed, 0)
const failed = Math.max(failures, code === '0' ? 0 : 1)
console.log(`${runs.get(main)?.passed ?? 0} passed, ${failed} failed`)
