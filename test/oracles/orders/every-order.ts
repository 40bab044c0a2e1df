import type { Answer } from './fake-postgres.ts'

/** Runs a program once for each order in which its waiting answers can arrive; returns their number. */
export async function everyOrder(program: (answer: Answer) => Promise<unknown>): Promise<number> {
  let orders = 0
  // The answer chosen at each step, among how many: the next order differs in the last possible step.
  let choices: { chosen: number; among: number }[] = []
  do {
    choices = await oneOrder(program, choices)
    orders += 1
    while (choices.length > 0) {
      const last = choices.at(-1) as { chosen: number; among: number }
      last.chosen += 1
      if (last.chosen < last.among) break
      choices.pop()
    }
  } while (choices.length > 0)
  return orders
}

async function oneOrder(
  program: (answer: Answer) => Promise<unknown>,
  given: readonly { readonly chosen: number }[],
): Promise<{ chosen: number; among: number }[]> {
  const waiting: (() => void)[] = []
  const choices: { chosen: number; among: number }[] = []
  const state = { ended: false }
  const end = program(
    (_, settle) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            resolve(settle())
          } catch (error) {
            reject(error)
          }
        })
      }),
  ).finally(() => (state.ended = true))
  while (!state.ended) {
    // All that can be sent without another answer is sent.
    await new Promise((resolve) => setImmediate(resolve))
    if (waiting.length === 0) continue
    const chosen = given[choices.length]?.chosen ?? 0
    choices.push({ chosen, among: waiting.length })
    for (const answer of waiting.splice(chosen, 1)) answer()
  }
  await end
  return choices
}
