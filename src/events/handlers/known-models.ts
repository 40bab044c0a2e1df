import { rawModel } from '../../database/statements/parsed-statements.ts'
import { expectThat } from '../../support/validate.ts'

/**
 * The models that handlers may name: those of the extended clients. Before a client is extended,
 * and if Prisma does not expose its models, any name is accepted.
 */
export class KnownModels {
  readonly #known = new Set<string>()
  readonly #unchecked = new Set<string>()

  /**
   * @param wrong called with an error for each unknown model of an earlier handler. Not thrown, since the
   * handler may precede a hot reload.
   */
  learn(models: readonly string[], wrong: (error: unknown) => void): void {
    if (models.length === 0) return
    for (const model of models) this.#known.add(model)
    for (const model of this.#unchecked) {
      try {
        this.expect(model)
      } catch (error) {
        wrong(error)
      }
    }
    this.#unchecked.clear()
  }

  /** @throws {TypeError} for an unknown model. */
  expect(model: string): void {
    if (this.#known.size === 0) {
      this.#unchecked.add(model)
      return
    }
    const isModel = model === rawModel || this.#known.has(model)
    // Prisma's delegates begin with a small letter, and models rarely do.
    const meant = [...this.#known].find((name) => name.toLowerCase() === model.toLowerCase())
    const expected = meant === undefined ? 'a model of the client, or $raw' : `the model ${meant}`
    expectThat('metrics.on(model)', isModel, expected, model)
  }
}
