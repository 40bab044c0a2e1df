import { run } from '../../src/cli/run.ts'

/** Runs the command as its program does. */
export async function runCommand(
  ...args: readonly string[]
): Promise<{ code: number; out: string; error: string }> {
  let out = ''
  let error = ''
  const code = await run(args, {
    out(text) {
      out += text
    },
    error(text) {
      error += text
    },
  })
  return { code, out, error }
}
