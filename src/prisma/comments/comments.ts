import type {
  AttributedStatement,
  OperationStatements,
} from '../../database/operations/operation-statements.ts'
import { expectThat, readOptions, readStrings } from '../../support/validate.ts'
import type { SqlQuery } from '../driver-adapter.ts'
import { tagKey, untagged } from './comment-tag.ts'
import { operationOfTag, tagOfAction } from './protocol-actions.ts'

/** The query that Prisma passes to a plugin of `comments`. */
interface CommentedQuery {
  readonly query: { readonly modelName?: string; readonly action: string }
}

/** A plugin for `comments` of `new PrismaClient({ … })`. Prisma's own type of a plugin accepts it. */
export type CommentsPlugin = (context: CommentedQuery) => Readonly<Record<string, string>>

export interface CommentsOptions {
  /**
   * Tags that stay in the SQL that the database receives, the same for all statements. A key starts with
   * a lower-case letter and contains lower-case letters, digits, `_` and `.`. A value contains ASCII
   * letters, digits and `_.~/%-`. All tags together have at most 100 characters.
   */
  readonly tags: Readonly<Record<string, string>>
}

/** A statement with its attribution. */
export interface SentQuery {
  /** The query without the tag of this package. */
  readonly query: SqlQuery
  readonly attributed: AttributedStatement
}

/** The comments of one client: how they are written, and how they are read and removed. */
export class Comments {
  readonly #statements: OperationStatements
  readonly #isAdapterWrapped: () => boolean

  /** @param isAdapterWrapped false if nothing would remove the comments. */
  constructor(statements: OperationStatements, isAdapterWrapped: () => boolean) {
    this.#statements = statements
    this.#isAdapterWrapped = isAdapterWrapped
  }

  /** @throws {TypeError} for tags that are not allowed. */
  plugin(options?: CommentsOptions): CommentsPlugin {
    const tags = options === undefined ? {} : readTags(options)
    this.#statements.active = true
    return ({ query: { modelName, action } }) =>
      this.#isAdapterWrapped() ? { ...tags, [tagKey]: tagOfAction(modelName, action) } : tags
  }

  /** False until a plugin was made: no statement has a tag. */
  get active(): boolean {
    return this.#statements.active
  }

  /** Reads and removes the tag of a query that is being sent; undefined if it has none. */
  sent(query: SqlQuery): SentQuery | undefined {
    const { sql, tag } = untagged(query.sql)
    if (tag === undefined) return undefined
    const attributed = this.#statements.sent(tag, sql, operationOfTag(tag))
    return { query: { ...query, sql }, attributed }
  }
}

const maxLength = 100

function readTags(options: CommentsOptions): Readonly<Record<string, string>> {
  const subject = 'metrics.commentsWith({ tags })'
  const { tags } = readOptions('metrics.commentsWith(options)', options, {
    tags: true,
  }) as CommentsOptions
  const read = readStrings(subject, tags, 'an object of key to value')
  for (const [key, value] of Object.entries(read)) {
    // MySQL executes a comment that starts with `!`.
    expectThat(
      `${subject}: a key`,
      /^[a-z][a-z0-9_.]*$/.test(key) && key !== tagKey,
      'lower-case letters, digits, _ and ., starting with a letter',
      key,
    )
    expectThat(
      `${subject}: ${key}`,
      /^[A-Za-z0-9_.~/%-]+$/.test(value),
      'a value of ASCII letters, digits and _.~/%-',
      value,
    )
  }
  const { length } = Object.entries(read)
    .map(([key, value]) => `${key}='${encodeURIComponent(value)}'`)
    .join(',')
  expectThat(subject, length <= maxLength, `at most ${maxLength} characters`, `${length}`)
  return read
}
