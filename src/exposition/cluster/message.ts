import { isObject } from '../../support/validate.ts'
import type { Part } from './serialization.ts'

/**
 * The messages between the processes (or threads) of one application: the primary (or the main
 * thread) and its workers.
 */
export type Message = Tag &
  (
    | { readonly kind: 'join' | 'joined' }
    | ({ readonly kind: 'collect' } & Request)
    | ({ readonly kind: 'collected' } & Batched)
    | ({ readonly kind: 'counters' } & Batched)
    | ({ readonly kind: 'sum' } & Request)
    | ({ readonly kind: 'total' } & Batched)
    | { readonly kind: 'failed'; readonly request: number; readonly error: string }
  )

interface Tag {
  readonly prismaPrometheus: typeof protocol
}

interface Request {
  readonly request: number
  /** How long the sender waits for the answer. */
  readonly seconds: number
}

interface Batched extends Part {
  /** The request that the part answers, or the sender's number of a report. */
  readonly batch: number
}

/** The version of the messages: a worker may run another version of this package than its primary. */
const protocol = 2

type Untagged<M> = M extends unknown ? Omit<M, keyof Tag> : never

/** Marks a message of this package: it shares a channel with messages of the application. */
export function tagged(message: Untagged<Message>): Message {
  return { ...message, prismaPrometheus: protocol }
}

export function isMessage(value: unknown): value is Message {
  return isObject(value) && 'prismaPrometheus' in value && value.prismaPrometheus === protocol
}
