import type { Message } from './message.ts'

/** The hub's end: it reaches every member. */
export interface HubTransport {
  send(member: string, message: Message): void
  broadcast(message: Message): void
  listen(hub: HubListener): void
}

export interface HubListener {
  onMessage(member: string, message: Message): void
  /** Nothing comes from the member any more. */
  onGone(member: string): void
}

/** A member's end: it reaches the hub. */
export interface MemberTransport {
  send(message: Message): void
  listen(onMessage: (message: Message) => void): void
}
