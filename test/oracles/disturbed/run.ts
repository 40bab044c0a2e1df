import { scenarios } from './scenarios.ts'
import { createFolder, findPostgres, removeFolder } from './server.ts'

/**
 * `npm run truth:disturbed -- [--seconds 5] [scenario…]`: operations on databases that are disturbed, with
 * and without `decideUnknown`.
 */
const given = process.argv.slice(2)
const at = given.indexOf('--seconds')
const seconds = at < 0 ? 5 : Number(given[at + 1])
const names = at < 0 ? given : given.toSpliced(at, 2)
const unknownName = names.find((name) => scenarios[name] === undefined)
if (unknownName !== undefined || !(seconds > 0)) {
  console.error(
    `truth:disturbed: expected [--seconds N] and names of ${Object.keys(scenarios).join(', ')}, got ${given.join(' ')}`,
  )
  process.exit(2)
}
if (findPostgres() === undefined) {
  console.log("Skipped: Debian's package postgresql is not installed")
  process.exit(0)
}
console.log(
  '| scenario | option | operations | rejected | rows committed | rows unknown | failed |',
)
console.log('| --- | --- | --: | --: | --: | --: | --: |')
for (const [name, scenario] of Object.entries(scenarios)) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const decideUnknown of [false, true]) {
    const folder = await createFolder()
    try {
      const result = await scenario(folder, seconds, { decideUnknown })
      const { operations, rejected, committed, unknown, failed } = result
      const figures = [operations, rejected, committed, unknown, failed.length]
      const option = decideUnknown ? '`decideUnknown`' : ''
      console.log(
        `| ${name} | ${option} | ${figures.map((figure) => figure.toLocaleString('en')).join(' | ')} |`,
      )
      for (const sentence of failed) console.log(`  ${sentence}`)
      if (failed.length > 0) process.exitCode = 1
    } finally {
      await removeFolder(folder)
    }
  }
}
process.exit()
