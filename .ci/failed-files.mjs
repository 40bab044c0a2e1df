// failed-files.mjs RESULTS LOG: prints the test files of a run that may run again, one per line: those that
// failed, if they are few and if nothing else failed. A file that compares with triggers or oracles never may:
// there, a failure that comes and goes is a fault of the counters.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const [results, log] = process.argv.slice(2)
const most = 5
const neverFiles = /\/(?:truth|oracles)\/|\.test-d\.ts$/
const neverTexts = /\baudit|\btriggers?\b|\btruth\b|TRUTH_SEED/i
const never = (file) => neverFiles.test(file) || neverTexts.test(readFileSync(file, 'utf8'))

if (
  existsSync(results) &&
  !/Unhandled (?:Source )?(?:Errors|Rejection)/.test(readFileSync(log, 'utf8'))
) {
  const files = JSON.parse(readFileSync(results, 'utf8'))
    .testResults.filter(({ status }) => status === 'failed')
    .map(({ name }) => name)
  if (files.length <= most && !files.some((file) => never(file))) {
    for (const file of files) console.log(relative(process.cwd(), file))
  }
}
