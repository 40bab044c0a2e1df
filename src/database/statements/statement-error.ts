/** A failed statement as the recorders see it. The module of a Prisma version classifies its errors. */
export interface StatementError {
  /** The `kind` label of `prisma_statement_errors_total`. */
  readonly kind: string
  /** True if the transaction can only be rolled back now: Postgres answers its COMMIT with a ROLLBACK. */
  readonly aborts: boolean
  /** True if the server has rolled back the whole transaction: later statements commit at once. */
  readonly ends: boolean
  /** True if the statement was sent and the server's answer to it never arrived. */
  readonly answerLost: boolean
}
