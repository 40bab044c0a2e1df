/** A route of the service. Its name is the scope: method and path. */
export interface Route {
  readonly method: 'get' | 'post'
  readonly path: string
  /** @param id of a row that exists, for paths with `:id` */
  run(id: string): PromiseLike<unknown>
}

/** Code that runs inside the planted route or job, before its own work. */
export type Disturbance = (context: DisturbanceContext) => Promise<unknown>

export interface DisturbanceContext {
  /** Address of a server that answers after 2 s. */
  readonly slowUrl: string
  /** Number of earlier calls. */
  readonly calls: number
  /** Name of the route or job that calls. */
  readonly place: string
}

/** A source line that a callback of the instrumentation reported. */
export interface ReportedLine {
  /** Name of the callback, for example `onSuspect`. */
  readonly callback: string
  /** Stack frames, one per line. */
  readonly stack: string
}

export type Report = (line: ReportedLine) => void

/** The service's client, routes, jobs and planted code, for one version of Prisma. */
export interface Application {
  readonly routes: readonly Route[]
  /** Name → one run. */
  readonly jobs: Readonly<Record<string, () => Promise<unknown>>>
  readonly disturbances: Readonly<Record<string, Disturbance>>
  /** Runs a job in its scope. */
  scope(name: string, job: () => Promise<unknown>): Promise<unknown>
  /** Reads the ids that `idFor` returns. */
  readIds(): Promise<void>
  /** An id for `:id` of the path. */
  idFor(path: string): string
  /** Reports the lines of the transactions that are open. */
  reportOpenTransactions(): void
  close(): Promise<void>
}
