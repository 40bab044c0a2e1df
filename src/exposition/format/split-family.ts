import { ByteWriter } from './byte-writer.ts'
import type { FamilyOutput } from './format.ts'

/**
 * Writes a histogram or summary as families of type unknown, one for each name of its samples. Series
 * and values stay the same. Exemplars are left out: samples of type unknown cannot have them.
 *
 * @param linesOf writes the family to an output
 */
export function* writeSplit(
  linesOf: (output: FamilyOutput) => Generator<undefined>,
  output: FamilyOutput,
): Generator<undefined> {
  const { format } = output
  const out = new ByteWriter()
  let help = ''
  const comments = (_name: string, _type: string, text: string): string => {
    help = text
    return ''
  }
  yield* linesOf({
    ...output,
    out,
    format: { ...format, comments, exemplars: false, created: false },
  })
  const linesByName = new Map<string, string[]>()
  for (const line of Buffer.concat(out.end()).toString().split('\n')) {
    const name = /^[^{ ]*/.exec(line)?.[0] ?? ''
    if (name === '') continue
    const lines = linesByName.get(name)
    if (lines === undefined) linesByName.set(name, [line])
    else lines.push(line)
  }
  for (const [name, lines] of linesByName) {
    output.out.text(format.comments(name, 'unknown', help))
    output.out.text(`${lines.join('\n')}\n`)
    yield undefined
  }
}
