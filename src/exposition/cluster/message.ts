import { isObject } from '../../support/validate.ts'
import type { WireFamily } from './serialization.ts'

/**
 * What the processes (or threads) of one application tell each other. The hub is the primary (or
 * the main thread); the others are its members.
 */
export type Message = Tag &
  (
    | { readonly kind: 'who' | 'here' }
    | ({ readonly kind: 'families' } & Question)
    | ({ readonly kind: 'answer' } & Part)
    | ({ readonly kind: 'counters' } & Part)
    | ({ readonly kind: 'sum' } & Question)
    | ({ readonly kind: 'total' } & Part)
  )

interface Tag {
  readonly prismaPrometheus: typeof protocol
}

interface Question {
  readonly question: number
  /** How long the asking one waits. */
  readonly seconds: number
}

interface Part {
  /** What the part belongs to: the question it answers, or the sender's count of its tellings. */
  readonly batch: number
  readonly part: readonly WireFamily[]
  readonly isLast: boolean
}

/** Both ends have to speak the same: a worker may run another version than its primary. */
const protocol = 1

type Untagged<M> = M extends unknown ? Omit<M, keyof Tag> : never

/** Everybody hears everybody's messages: the tag tells ours from the application's. */
export function tagged(message: Untagged<Message>): Message {
  return { ...message, prismaPrometheus: protocol }
}

export function isMessage(value: unknown): value is Message {
  return isObject(value) && 'prismaPrometheus' in value && value.prismaPrometheus === protocol
}
