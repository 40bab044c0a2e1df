import type { Message } from './message.ts'

/** The primary's end: it reaches every worker. */
export interface PrimaryTransport {
  send(worker: string, message: Message): void
  broadcast(message: Message): void
  listen(primary: PrimaryListener): void
}

export interface PrimaryListener {
  onMessage(worker: string, message: Message): void
  /** Called after the last message of the worker; ids are never reused. */
  onExit(worker: string): void
}

/** A worker's end: it reaches the primary. */
export interface WorkerTransport {
  send(message: Message): void
  listen(onMessage: (message: Message) => void): void
  /** Calls `report` while the last messages can still be sent: at the exit, before a disconnect. */
  beforeEnd(report: () => void): void
}
